//! A private key under a password, as cosign seals it: scrypt makes a key of the password, NaCl's secretbox hides what is in it.
//!
//! <https://github.com/secure-systems-lab/go-securesystemslib/tree/main/encrypted> is where the form comes from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::key_errors::KeyError;
use crate::secretbox::{self, NONCE};

const SCRYPT: &str = "scrypt";
const SECRETBOX: &str = "nacl/secretbox";

/// How often the password is worked on: as cosign does it now, with 64 MiB.
const TIMES: u64 = 1 << 16;
/// What cosign has done, does, and could do: anything else could be meant to take all memory there is.
const KNOWN_TIMES: [u64; 3] = [1 << 15, TIMES, 1 << 17];
const BLOCK: u64 = 8;
const SIDE_BY_SIDE: u64 = 1;

/// The most bytes of salt that are read; there are 32.
const MOST_SALT: usize = 256;

/// What has to be drawn at random, anew for each file.
#[derive(Debug, Clone)]
pub struct Salts {
    /// Goes into the password.
    pub salt: [u8; 32],
    /// Is used once.
    pub nonce: [u8; NONCE],
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    kdf: Kdf,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Serialize, Deserialize)]
struct Kdf {
    name: String,
    params: Params,
    salt: String,
}

#[derive(Serialize, Deserialize)]
struct Params {
    #[serde(rename = "N")]
    n: u64,
    r: u64,
    p: u64,
}

#[derive(Serialize, Deserialize)]
struct Cipher {
    name: String,
    nonce: String,
}

pub(crate) fn sealed(secret: &[u8], password: &str, salts: &Salts) -> Option<Vec<u8>> {
    let key = key_of(password, &salts.salt, TIMES).ok()?;
    let hidden = secretbox::sealed(&key, &salts.nonce, secret);
    let sealed = Sealed {
        kdf: Kdf {
            name: SCRYPT.to_owned(),
            params: Params {
                n: TIMES,
                r: BLOCK,
                p: SIDE_BY_SIDE,
            },
            salt: STANDARD.encode(salts.salt),
        },
        cipher: Cipher {
            name: SECRETBOX.to_owned(),
            nonce: STANDARD.encode(salts.nonce),
        },
        ciphertext: STANDARD.encode(hidden),
    };
    serde_json::to_vec(&sealed).ok()
}

pub(crate) fn opened(bytes: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let sealed: Sealed = serde_json::from_slice(bytes).map_err(|_| KeyError::OtherSeal)?;
    if sealed.kdf.name != SCRYPT || sealed.cipher.name != SECRETBOX {
        return Err(KeyError::OtherSeal);
    }
    let Params { n, r, p } = sealed.kdf.params;
    if !KNOWN_TIMES.contains(&n) || r != BLOCK || p != SIDE_BY_SIDE {
        return Err(KeyError::Work { n, r, p });
    }
    let read = |text: &str| STANDARD.decode(text).map_err(|_| KeyError::BrokenPem);
    let salt = read(&sealed.kdf.salt)?;
    let nonce: [u8; NONCE] = read(&sealed.cipher.nonce)?
        .try_into()
        .map_err(|_| KeyError::BrokenPem)?;
    if salt.len() > MOST_SALT {
        return Err(KeyError::BrokenPem);
    }
    let hidden = read(&sealed.ciphertext)?;
    let key = key_of(password, &salt, n)?;
    secretbox::opened(&key, &nonce, &hidden).ok_or(KeyError::WrongPassword)
}

fn key_of(password: &str, salt: &[u8], n: u64) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let work = || KeyError::Work {
        n,
        r: BLOCK,
        p: SIDE_BY_SIDE,
    };
    let log = u8::try_from(n.ilog2()).map_err(|_| work())?;
    let params = scrypt::Params::new(log, BLOCK as u32, SIDE_BY_SIDE as u32);
    let params = params.map_err(|_| work())?;
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(password.as_bytes(), salt, &params, &mut *key).map_err(|_| work())?;
    Ok(key)
}
