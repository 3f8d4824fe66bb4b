"""A certificate authority made when it is needed and gone with its folder: so that the sandbox can be spoken to over real TLS."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path
from typing import Final

NAME: Final = "Hearthline sandbox"
_LIVES = dt.timedelta(days=30)
_CLOCKS_DIFFER = dt.timedelta(days=1)


class Authority:
    """An authority and one certificate it signed, for this machine. `ca_file` is what a client must trust."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        self.ca_file = folder / "sandbox-ca.pem"
        self._chain = folder / "sandbox-server.pem"
        self._make(host)

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._chain)
        return context

    def _make(self, host: str) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        now = dt.datetime.now(dt.UTC)
        authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        issuer, subject = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (NAME, host))

        def certificate(of: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
            made = x509.CertificateBuilder().subject_name(of).issuer_name(issuer).public_key(public)
            made = made.serial_number(x509.random_serial_number()).not_valid_before(now - _CLOCKS_DIFFER).not_valid_after(now + _LIVES)
            return made.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            ).add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)

        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
            key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        root = (
            certificate(issuer, authority_key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(authority_key, hashes.SHA256())
        )
        names = [x509.IPAddress(ipaddress.ip_address(host)), x509.DNSName("localhost")]
        leaf = (
            certificate(subject, key.public_key())
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        self.ca_file.write_bytes(root.public_bytes(pem))
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self._chain.touch(mode=0o600)
        self._chain.write_bytes(private + leaf.public_bytes(pem))
