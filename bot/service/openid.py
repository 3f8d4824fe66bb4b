"""Sign in with the district's own account: OpenID Connect, authorization code with PKCE (Authlib), one provider an installation.

What the browser must bring back is proved three ways: `state` (the answer belongs to a question of this browser), the PKCE verifier
(nobody else can use the code) and `nonce` (the ID token was made for this question). All three are derived from one random word in a
signed cookie of ten minutes, so nothing has to be kept here. The provider is called outside any transaction. Who signs in must be staff
already: an address nobody entered opens nothing and makes nobody.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from bot.config import Settings
from bot.log import get_log

ASKED_LIFE = timedelta(minutes=10)
KEPT = timedelta(hours=1)
"""How long the provider's description and keys are believed; a key nobody knows is asked for at once."""

ASK_KEYS_EVERY = timedelta(seconds=30)
LEEWAY_SECONDS = 120
PATIENCE = 10.0
SAID_NO = frozenset({"access_denied", "consent_required", "interaction_required", "login_required", "account_selection_required"})
"""Answers of a provider that is well and lets this person not in."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with the provider's own key only: with "none" or a shared secret anybody could write a token."""

_log = get_log("openid")


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and what to put into its cookie."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`email` is believed only while `refused` is "": used | late | declined | provider | token | claims | unverified.
    `way_back` is where the person was going, as this browser was asked."""

    email: str = ""
    refused: str = ""
    way_back: str = ""


class _Refused(Exception):
    """The answer is not believed; the argument says why, in one word."""


class OpenId:
    """The one provider of this installation. Holds its description and keys; safe in many threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._about: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._about_until: datetime | None = None
        self._keys_asked: datetime | None = None

    def begin(self, return_to: str, now: datetime, way_back: str = "") -> Begun | None:
        """A question to the provider, for this browser; None while the provider does not answer.

        :param way_back: where the person is going: kept in the cookie, never told to the provider.
        """
        try:
            about = self._description(now)
        except _Refused:
            _log.warning("openid_provider_silent")
            return None
        word = secrets.token_urlsafe(24)
        until = int((now + ASKED_LIFE).timestamp())
        with self._client(return_to, about) as client:
            url, _ = client.create_authorization_url(
                about["authorization_endpoint"],
                state=word,
                nonce=self._derived("nonce", word),
                code_verifier=self._derived("verifier", word),
            )
        return Begun(url, f"{word}.{until}.{self._derived('cookie', f'{word}.{until}.{way_back}')}.{way_back}")

    def finish(self, query: Mapping[str, str], cookie: str, return_to: str, now: datetime) -> Answer:
        """What the provider's answer is worth. Refusals are values: each is a page for a person, never a fault of ours."""
        way_back = ""
        try:
            word, way_back = self._asked(query, cookie, now)
            claims = self._claims(self._code(query), word, return_to, now)
            return Answer(self._address(claims), way_back=way_back)
        except _Refused as why:
            _log.warning("openid_refused", reason=why.args[0])
            return Answer(refused=str(why), way_back=way_back)

    # --- the browser's side ------------------------------------------------------------------------------------------------------------

    def _derived(self, purpose: str, word: str) -> str:
        key = self._settings.session_secret.encode()
        return hmac.new(key, f"openid {purpose}:{word}".encode(), hashlib.sha256).hexdigest()

    def _asked(self, query: Mapping[str, str], cookie: str, now: datetime) -> tuple[str, str]:
        """The random word of the question this answers, and where its person was going."""
        word, until, mac, way_back = (*cookie.split(".", 3), "", "", "", "")[:4]
        good = hmac.compare_digest(self._derived("cookie", f"{word}.{until}.{way_back}").encode(), mac.encode())
        if not good or not hmac.compare_digest(word.encode(), query.get("state", "").encode()):
            raise _Refused("used")  # the cookie goes with the question it belongs to
        if int(until) < now.timestamp():
            raise _Refused("late")
        return word, way_back

    def _code(self, query: Mapping[str, str]) -> str:
        """The code, unless the answer names another provider (RFC 9207), says no (RFC 6749, 4.1.2.1) or holds none."""
        if query.get("iss", self._settings.oidc_issuer) != self._settings.oidc_issuer:
            raise _Refused("provider")
        if query.get("error") in SAID_NO:
            raise _Refused("declined")
        if "code" not in query:
            raise _Refused("provider")
        return query["code"]

    # --- the provider's side -----------------------------------------------------------------------------------------------------------

    def _client(self, return_to: str, about: Mapping[str, Any]) -> Any:
        ways = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        secret = self._settings.oidc_client_secret
        way = "none" if not secret else "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
        return OAuth2Session(
            self._settings.oidc_client_id,
            secret or None,
            token_endpoint_auth_method=way,
            scope="openid email",
            redirect_uri=return_to,
            code_challenge_method="S256",
            default_timeout=PATIENCE,
        )

    def _get(self, address: str) -> dict[str, Any]:
        try:
            answer = requests.get(address, timeout=PATIENCE, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise _Refused("provider") from error
        if not isinstance(found, dict):
            raise _Refused("provider")
        return found

    def _description(self, now: datetime) -> dict[str, Any]:
        """The provider's own description; it must be of the issuer it was asked of."""
        with self._lock:
            if self._about_until is None or now >= self._about_until:
                issuer = self._settings.oidc_issuer
                about = self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
                if about.get("issuer") != issuer or not all(isinstance(about.get(name), str) for name in needed):
                    raise _Refused("provider")
                self._about, self._keys, self._about_until = about, None, now + KEPT
            return self._about

    def _key_set(self, now: datetime, *, fresh: bool = False) -> KeySet:
        about = self._description(now)
        with self._lock:
            lately = self._keys_asked is not None and now - self._keys_asked < ASK_KEYS_EVERY
            if self._keys is None or (fresh and not lately):
                try:
                    self._keys = KeySet.import_key_set(self._get(about["jwks_uri"]))  # type: ignore[arg-type]
                except (JoseError, ValueError, KeyError, TypeError) as error:
                    raise _Refused("provider") from error
                self._keys_asked = now
            return self._keys

    def _claims(self, code: str, word: str, return_to: str, now: datetime) -> Mapping[str, Any]:
        """Change the code for an ID token and believe nothing in it before it is proved."""
        about = self._description(now)
        try:
            with self._client(return_to, about) as client:
                told = client.fetch_token(about["token_endpoint"], code=code, code_verifier=self._derived("verifier", word))
        except (AuthlibBaseError, requests.RequestException, ValueError) as error:
            raise _Refused("provider") from error
        raw = told.get("id_token") if isinstance(told, dict) else None
        if not isinstance(raw, str):
            raise _Refused("token")
        try:
            try:
                token = jwt.decode(raw, self._key_set(now), algorithms=ALGORITHMS)
            except InvalidKeyIdError:
                token = jwt.decode(raw, self._key_set(now, fresh=True), algorithms=ALGORITHMS)
            jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": self._settings.oidc_issuer},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": self._derived("nonce", word)},
            ).validate(token.claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _Refused("token") from error
        self._check_audience(token.claims)
        return token.claims

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        """Made for us, and if for others as well, at our wish."""
        ours, meant = self._settings.oidc_client_id, claims.get("aud")
        audience = [meant] if isinstance(meant, str) else meant if isinstance(meant, list) else []
        if ours not in audience or claims.get("azp", ours if len(audience) == 1 else "") != ours:
            raise _Refused("token")

    def _address(self, claims: Mapping[str, Any]) -> str:
        """The person's verified address, if it is one of the district's."""
        settings = self._settings
        for pair in filter(None, (one.strip() for one in settings.oidc_claims.split(","))):
            name, _, value = pair.partition("=")
            if str(claims.get(name.strip(), "")) != value.strip():
                raise _Refused("claims")
        email = claims.get(settings.oidc_email_claim)
        # where the account's tenant is pinned by a claim, its administrators write the addresses; else the provider must vouch for it
        vouched = claims.get("email_verified") in (True, "true") or (settings.oidc_email_claim != "email" and bool(settings.oidc_claims))
        if not isinstance(email, str) or not vouched:
            raise _Refused("unverified")
        email = email.strip().lower()
        domains = {one.strip().lower() for one in settings.oidc_domains.split(",") if one.strip()}
        if domains and email.rpartition("@")[2] not in domains:
            raise _Refused("claims")
        return email
