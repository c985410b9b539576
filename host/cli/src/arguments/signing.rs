//! The arguments of `stepwell plugin key`, `sign` and `verify`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `stepwell plugin key …`
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a pair of keys: one signs plugins, the other says who signed them
    New(NewKeyArguments),
}

/// `stepwell plugin key new`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell plugin key new team --into keys\n  \
    COSIGN_PASSWORD=… stepwell plugin key new team\n\n\
    NAME.key signs, and is sealed with a password, which COSIGN_PASSWORD holds or you are asked for; NAME.pub is for everybody who\n\
    wants to know whether you signed. Both have the form of `cosign generate-key-pair`: either program uses the other's keys.")]
pub(crate) struct NewKeyArguments {
    /// What the files are called
    #[arg(default_value = "cosign")]
    pub(crate) name: String,
    /// Where: a folder, which is made if it isn't there
    #[arg(long, value_name = "FOLDER")]
    pub(crate) into: Option<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell plugin sign`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell plugin sign plugins/refine.wasm --key keys/team.key\n  \
    stepwell plugin sign oci://ghcr.io/ada/refine@sha256:… --key keys/team.key\n\n\
    Of a file the signature lies beside it, as FILE.sig. In a registry it lies beside the artifact, where cosign looks for it; what is\n\
    signed there is the manifest that the reference means now: by its digest, it is the one that you mean.\n\
    The key's password is in COSIGN_PASSWORD, or you are asked for it.")]
pub(crate) struct SignArguments {
    /// The component, a file, or `oci://HOST/NAME` with `:TAG` or `@sha256:…`
    pub(crate) plugin: String,
    /// The private key: that of `stepwell plugin key new` or cosign, or one of openssl's without a password (ECDSA, P-256)
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Write sigstore's bundle beside the file, too: FILE.sigstore.json
    #[arg(long)]
    pub(crate) bundle: bool,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell plugin verify`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell plugin verify plugins/refine.wasm --key keys/team.pub\n  \
    stepwell plugin verify oci://ghcr.io/ada/refine:1.0 --key keys/team.pub --json\n  \
    stepwell plugin verify refine.wasm --key cosign.pub --signature refine.wasm.sig\n\n\
    It ends with 0 where the owner of the key signed it, and with 7 where nothing shows that. What `cosign sign-blob --key` and\n\
    `cosign sign --key` write is read, in both forms. That a run wants a signature is said in stepwell.toml: `[sources]`.")]
pub(crate) struct VerifyArguments {
    /// The component, a file, `oci://HOST/NAME` with `:TAG` or `@sha256:…`, or `https://HOST/FILE#sha256:…`
    pub(crate) plugin: String,
    /// The public key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The signature of a file, or a bundle [default: what lies beside it, as FILE.sig or FILE.sigstore.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) signature: Option<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
