"""Reads a token from standard input and prints the identity, or exits with 1 and the reason."""

import json
import os
import sys

import jwt

ISSUER = os.environ["FLOWGATE_ISSUER"]
AUDIENCE = os.environ["FLOWGATE_AUDIENCE"]
ALGORITHMS = ["RS256", "ES256", "EdDSA"]
TOKEN_LENGTH_MAX = 4096

# A service creates the client once, because it caches the keys.
keys = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json", lifespan=300, timeout=5)


def verify(token: str) -> dict:
    """Returns the claims of a token. Raises jwt.PyJWTError if the token is not valid."""
    if len(token) > TOKEN_LENGTH_MAX:
        raise jwt.InvalidTokenError("the token is too long")
    # Before a key is looked up: tokens with other algorithms are refused.
    if jwt.get_unverified_header(token).get("alg") not in ALGORITHMS:
        raise jwt.InvalidAlgorithmError("unexpected algorithm")
    return jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token),
        algorithms=ALGORITHMS,
        issuer=ISSUER,
        audience=AUDIENCE,
        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        leeway=5,
    )


def main() -> None:
    try:
        claims = verify(sys.stdin.read().strip())
    except jwt.PyJWKClientConnectionError as error:
        # Not the fault of the token: a service answers 503.
        print(f"unavailable: {error}", file=sys.stderr)
        sys.exit(2)
    except jwt.PyJWTError as error:
        sys.exit(f"refused: {error}")
    print(json.dumps({
        "accountId": claims["sub"],
        "username": claims.get("preferred_username"),
        "groups": claims.get("groups", []),
        "scopes": claims.get("scope", "").split(),
    }))


if __name__ == "__main__":
    main()
