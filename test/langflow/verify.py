"""Verifies tokens with the external authentication of Langflow: one token per line, one JSON answer per line.

Arguments: JWKS address, issuer, audience.
"""
import asyncio
import json
import sys

from langflow.services.auth.external import JwtExternalIdentityResolver, access_context_from_identity
from lfx.services.settings.auth import AuthSettings


async def main() -> None:
    jwks_url, issuer, audience, folder = sys.argv[1:]
    settings = AuthSettings(
        CONFIG_DIR=folder,
        EXTERNAL_AUTH_ENABLED=True,
        EXTERNAL_AUTH_JWKS_URL=jwks_url,
        EXTERNAL_AUTH_ISSUER=issuer,
        EXTERNAL_AUTH_AUDIENCE=audience,
        EXTERNAL_AUTH_ACCESS_CEILING_ENABLED=True,
        EXTERNAL_AUTH_ACCESS_CLAIM="access",
    )
    resolver = JwtExternalIdentityResolver()
    for line in sys.stdin:
        try:
            identity = await resolver.resolve(line.strip(), settings)
            level = access_context_from_identity(identity, settings).level
            answer = {"subject": identity.subject, "username": identity.username, "access": level}
        except Exception as error:  # every failure is a refusal
            answer = {"refused": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


asyncio.run(main())
