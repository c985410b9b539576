//! Who signed a plugin: keys, signatures, and what is signed, in the forms of [cosign](https://github.com/sigstore/cosign).
//!
//! An [`Evidence`] is what lies beside a component; it says which of some [`PublicKey`]s signed it. A [`PrivateKey`] signs. Whatever is
//! read here a stranger may have written: it is bounded before it is worked on, and what isn't understood proves nothing.
//!
//! ```
//! use stepwell_contract::Digest;
//! use stepwell_signing::{Evidence, PrivateKey, Proof};
//!
//! let key = PrivateKey::from_scalar(&[7; 32]).unwrap();
//! let component = Digest::of("a component");
//! let signature = key.sign(&component).text();
//! let evidence = Evidence::beside_a_file([Proof::Detached(signature.into_bytes())]);
//! assert_eq!(evidence.signer(&component, &[key.public()]), Ok(0));
//! ```
//!
//! Nothing is read from a disk or asked of a network here, and nothing is drawn at random: whoever calls does. There are no certificates,
//! no transparency log and no time: a key is trusted because somebody named it, for as long as they do.

mod bundle;
mod envelope;
mod evidence;
mod key_errors;
mod payload;
mod pem;
mod private_key;
mod public_key;
mod sealed;
mod secretbox;
mod signature;
mod unproven;

pub use bundle::{BUNDLE, LARGEST_BUNDLE, bundle_of};
pub use evidence::{Evidence, MOST_PROOFS, Proof};
pub use key_errors::KeyError;
pub use payload::{LARGEST_PAYLOAD, Payload, SIMPLE_SIGNING};
pub use private_key::{PrivateKey, is_sealed};
pub use public_key::PublicKey;
pub use sealed::Salts;
pub use signature::{LARGEST_SIGNATURE, Signature};
pub use unproven::Unproven;

/// The most bytes of a file with a key.
pub const LARGEST_KEY: u64 = 64 << 10;
