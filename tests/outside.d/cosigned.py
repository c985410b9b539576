"""What cosign writes, written by nothing of ours: keys, signatures, bundles and artifacts, on Python's own scrypt, `cryptography` and PyNaCl."""

import base64
import hashlib
import json
import os
import textwrap
import urllib.request
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from nacl.secret import SecretBox

from registries import MANIFEST, digest

SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
SIGNATURE = "dev.cosignproject.cosign/signature"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
INDEX = "application/vnd.oci.image.index.v1+json"
IN_TOTO = "application/vnd.in-toto+json"
SIGNED = "https://sigstore.dev/cosign/sign/v1"
LABEL = "ENCRYPTED SIGSTORE PRIVATE KEY"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Keys:
    """A pair of keys, in files as cosign writes them."""

    def __init__(self, folder: Path, name: str = "cosign", password: str = "correct horse", times: int = 65536):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.public_der = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.fingerprint = digest(self.public_der)
        self.private, self.public = folder / f"{name}.key", folder / f"{name}.pub"
        secret = self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.private.write_text(sealed(secret, password, times), encoding="utf-8")
        self.public.write_bytes(
            self.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))

    def bundle_of_file(self, data: bytes) -> dict:
        """As `cosign sign-blob --bundle` writes it."""
        message = {"messageDigest": {"algorithm": "SHA2_256", "digest": b64(hashlib.sha256(data).digest())}, "signature": b64(self.sign(data))}
        return {"mediaType": BUNDLE, "verificationMaterial": self.material(), "messageSignature": message}

    def bundle_of_manifest(self, manifest: str, predicate: str = SIGNED) -> dict:
        """As newer versions of `cosign sign` write it: a statement about a manifest."""
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"digest": {"sha256": manifest.removeprefix("sha256:")}}],
            "predicateType": predicate,
            "predicate": {},
        }
        payload = json.dumps(statement).encode()
        signed = b"DSSEv1 %d %s %d %s" % (len(IN_TOTO), IN_TOTO.encode(), len(payload), payload)
        envelope = {"payload": b64(payload), "payloadType": IN_TOTO, "signatures": [{"sig": b64(self.sign(signed)), "keyid": ""}]}
        return {"mediaType": BUNDLE, "verificationMaterial": self.material(), "dsseEnvelope": envelope}

    def material(self) -> dict:
        return {"publicKey": {"hint": b64(hashlib.sha256(self.public_der).digest())}, "tlogEntries": []}


def sealed(secret: bytes, password: str, times: int) -> str:
    salt, nonce = os.urandom(32), os.urandom(24)
    key = hashlib.scrypt(password.encode(), salt=salt, n=times, r=8, p=1, dklen=32, maxmem=2**28)
    hidden = SecretBox(key).encrypt(secret, nonce).ciphertext
    kdf = {"name": "scrypt", "params": {"N": times, "r": 8, "p": 1}, "salt": b64(salt)}
    text = json.dumps({"kdf": kdf, "cipher": {"name": "nacl/secretbox", "nonce": b64(nonce)}, "ciphertext": b64(hidden)})
    lines = "\n".join(textwrap.wrap(b64(text.encode()), 64))
    return f"-----BEGIN {LABEL}-----\n{lines}\n-----END {LABEL}-----\n"


def opened(file: Path, password: str):
    """The private key that a file of ours holds."""
    lines = file.read_text(encoding="utf-8").strip().splitlines()
    assert lines[0] == f"-----BEGIN {LABEL}-----" and all(len(line) <= 64 for line in lines[1:-1])
    box = json.loads(base64.b64decode("".join(lines[1:-1])))
    assert box["kdf"]["name"] == "scrypt" and box["cipher"]["name"] == "nacl/secretbox"
    params = box["kdf"]["params"]
    # Anything else would be refused by cosign.
    assert params == {"N": 65536, "r": 8, "p": 1}
    salt, nonce = base64.b64decode(box["kdf"]["salt"]), base64.b64decode(box["cipher"]["nonce"])
    assert len(salt) == 32
    key = hashlib.scrypt(password.encode(), salt=salt, n=params["N"], r=8, p=1, dklen=32, maxmem=2**28)
    secret = SecretBox(key).decrypt(base64.b64decode(box["ciphertext"]), nonce)
    return serialization.load_der_private_key(secret, None)


def is_signed(public, signature: bytes, data: bytes) -> bool:
    try:
        public.verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def payload_of(repository: str, manifest: str, kind: str = "cosign container image signature") -> bytes:
    critical = {"identity": {"docker-reference": repository}, "image": {"docker-manifest-digest": manifest}, "type": kind}
    return json.dumps({"critical": critical, "optional": None}, separators=(",", ":")).encode()


class Placed:
    """Puts things into a registry by HTTP alone."""

    def __init__(self, address: str, repository: str):
        self.base, self.repository = f"http://{address}", repository
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(self, method: str, url: str, data: bytes = b"", kind: str = "application/octet-stream"):
        url = url if url.startswith("http") else self.base + url
        request = urllib.request.Request(url, data=data, method=method, headers={"content-type": kind})
        return self.opener.open(request, timeout=30)

    def blob(self, data: bytes) -> str:
        begun = self.send("POST", f"/v2/{self.repository}/blobs/uploads/").headers["Location"]
        self.send("PUT", f"{begun}{'&' if '?' in begun else '?'}digest={digest(data)}", data)
        return digest(data)

    def manifest(self, last: str, manifest: dict, kind: str = MANIFEST) -> str:
        data = json.dumps(manifest).encode()
        self.send("PUT", f"/v2/{self.repository}/manifests/{last}", data, kind)
        return digest(data)

    def signature(self, of: str, payload: bytes, signature: bytes):
        """As `cosign sign` did it first: under a tag that is made of the digest."""
        config = b'{"architecture":"","os":"","rootfs":{"type":"layers","diff_ids":["%s"]},"config":{}}' % digest(payload).encode()
        layer = {"mediaType": SIMPLE, "size": len(payload), "digest": self.blob(payload), "annotations": {SIGNATURE: b64(signature)}}
        told = {"mediaType": "application/vnd.oci.image.config.v1+json", "size": len(config), "digest": self.blob(config)}
        tag = f"sha256-{of.removeprefix('sha256:')}.sig"
        self.manifest(tag, {"schemaVersion": 2, "mediaType": MANIFEST, "config": told, "layers": [layer]})

    def bundle(self, of: str, size: int, bundle: dict):
        """As it does it now, where a registry knows no referrers: as an artifact of its own, in a list under a tag."""
        data, empty = json.dumps(bundle).encode(), b"{}"
        told = {"mediaType": "application/vnd.oci.empty.v1+json", "size": 2, "digest": self.blob(empty)}
        layer = {"mediaType": BUNDLE, "size": len(data), "digest": self.blob(data)}
        subject = {"mediaType": MANIFEST, "size": size, "digest": of}
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": BUNDLE, "config": told, "layers": [layer], "subject": subject}
        made = self.manifest(digest(json.dumps(manifest).encode()), manifest)
        listed = {"mediaType": MANIFEST, "size": len(json.dumps(manifest)), "digest": made, "artifactType": BUNDLE}
        tag = f"sha256-{of.removeprefix('sha256:')}"
        self.manifest(tag, {"schemaVersion": 2, "mediaType": INDEX, "manifests": [listed]}, INDEX)
