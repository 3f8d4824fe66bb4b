"""An OpenID provider on this machine: real HTTP, real signatures (joserfc), the checks a real one makes of us, and the lies one might tell.

`person` are the claims of whoever signs in next; `claims` and `header` replace parts of the next token, `key` signs it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey
from werkzeug.serving import make_server

from tests.fakes.clock import START

CLIENT = "hearthline-test"
SECRET = "a secret & with + signs"


@dataclass
class Provider:
    """What it is now, and what it was asked."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    key: Any = None
    keys: list[Any] = field(default_factory=list)
    now: int = int(START.timestamp())
    silent: bool = False
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def fresh(self) -> None:
        """An honest provider again."""
        self.person = {"sub": "1", "email": "teacher@demo.example", "email_verified": True}
        self.claims, self.header, self.about, self.silent = {}, {}, {}, False
        self.keys = [self.keys[0]] if self.keys else [RSAKey.generate_key(2048, {"kid": "one"})]
        self.key = self.keys[0]
        self.asked.clear()

    def new_key(self, kid: str) -> Any:
        """A key; publish it by putting it into `keys`."""
        return ECKey.generate_key("P-256", {"kid": kid})

    def token(self, nonce: str) -> str:
        claims = {
            "iss": self.url, "aud": CLIENT, "iat": self.now, "exp": self.now + 300, "nonce": nonce, **self.person, **self.claims,
        }  # fmt: skip
        algorithm = {"RSA": "RS256", "EC": "ES256", "oct": "HS256"}[self.key.key_type]
        header = {"alg": algorithm, "kid": self.key.kid, **self.header}
        claims = {name: value for name, value in claims.items() if value is not None}
        if header["alg"] == "none":
            return f"{_b64(header)}.{_b64(claims)}."
        return jwt.encode(header, claims, self.key, algorithms=["RS256", "ES256", "HS256"])


def _b64(value: dict[str, Any]) -> str:
    import json

    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def shared_secret_key() -> Any:
    """What a forger would sign with who knows the client's secret only."""
    return OctKey.import_key(SECRET.ljust(32, "x"), {"kid": "one"})


def _site(provider: Provider) -> Flask:
    site = Flask("provider")

    @site.get("/.well-known/openid-configuration")
    def about() -> Any:
        provider.asked.append("about")
        if provider.silent:
            return "down", 503
        found = {
            "issuer": provider.url,
            "authorization_endpoint": f"{provider.url}/authorize",
            "token_endpoint": f"{provider.url}/token",
            "jwks_uri": f"{provider.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        return jsonify({**found, **provider.about})

    @site.get("/keys")
    def keys() -> Any:
        provider.asked.append("keys")
        return jsonify(KeySet(provider.keys).as_dict(private=False))

    @site.get("/authorize")
    def authorize() -> Any:
        """The person is signed in there already and agrees."""
        asked = request.args
        assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
        assert set(asked["scope"].split()) == {"openid", "email"}
        code = secrets.token_urlsafe(12)
        provider.codes[code] = {name: asked[name] for name in ("redirect_uri", "nonce", "code_challenge")}
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': provider.url})}")

    @site.post("/token")
    def token() -> Any:
        provider.asked.append("token")
        known = provider.codes.pop(request.form.get("code", ""), None)
        who = request.authorization
        verifier = request.form.get("code_verifier", "")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        good = (
            known is not None
            and who is not None
            and (who.username, who.password) == (CLIENT, SECRET)
            and known["code_challenge"] == challenge
            and known["redirect_uri"] == request.form.get("redirect_uri")
        )
        if known is None or not good:
            return jsonify({"error": "invalid_grant"}), 400
        return jsonify({"access_token": "unused", "token_type": "Bearer", "id_token": provider.token(known["nonce"])})

    return site


@contextmanager
def openid_provider() -> Iterator[Provider]:
    """A provider that answers until the block ends."""
    provider = Provider()
    server = make_server("127.0.0.1", 0, _site(provider), threaded=True)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    provider.fresh()
    thread = threading.Thread(target=server.serve_forever, name="openid-provider", daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
