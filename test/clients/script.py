"""Uses the generated client as somebody's script would: sys.argv is the URL, the administrator's name and password."""

import sys
from uuid import UUID

from flowgate_client import AuthenticatedClient, Client
from flowgate_client.api.api_keys import create_api_key
from flowgate_client.api.auth import login
from flowgate_client.api.users import create_user, list_users, read_user, update_user, whoami
from flowgate_client.models import (
    ApiKeyCreate,
    ApiKeyCreated,
    ErrorCode,
    Failure,
    LoginForm,
    Tokens,
    User,
    UserCreate,
    UserList,
    UserUpdate,
    ValidationFailure,
)

url, name, password = sys.argv[1:]

stranger = Client(base_url=url)
tokens = login.sync(client=stranger, body=LoginForm(username=name, password=password))
assert isinstance(tokens, Tokens), tokens
admin = AuthenticatedClient(base_url=url, token=tokens.access_token)

ids = []
for number in range(5):
    user = create_user.sync(client=admin, body=UserCreate(username=f"py-{number}", password="a long pass phrase"))
    assert isinstance(user, User), user
    ids.append(user.id)
changed = update_user.sync(ids[0], client=admin, body=UserUpdate(is_active=True))
assert isinstance(changed, User) and changed.is_active

seen: list[str] = []
while True:
    page = list_users.sync(client=admin, skip=len(seen), limit=2, search="py-")
    assert isinstance(page, UserList), page
    seen += [each.username for each in page.users]
    if len(seen) >= page.total_count:
        break
assert seen == [f"py-{number}" for number in range(5)], seen

key = create_api_key.sync(client=admin, body=ApiKeyCreate(name="a script"))
assert isinstance(key, ApiKeyCreated), key
by_key = AuthenticatedClient(base_url=url, token=key.api_key, prefix="", auth_header_name="x-api-key")
me = whoami.sync(client=by_key)
assert isinstance(me, User) and me.username == name, me

bad = whoami.sync_detailed(client=AuthenticatedClient(base_url=url, token="bad"))
assert bad.status_code == 401 and isinstance(bad.parsed, Failure), bad
assert bad.parsed.code == ErrorCode.INVALID_TOKEN, bad.parsed

missing = read_user.sync_detailed(UUID(int=0), client=admin)
assert missing.status_code == 404 and isinstance(missing.parsed, Failure), missing
assert missing.parsed.code == ErrorCode.USER_NOT_FOUND, missing.parsed

unfit = create_user.sync_detailed(client=admin, body=UserCreate(username="short", password="short"))
assert unfit.status_code == 422 and isinstance(unfit.parsed, ValidationFailure), unfit
assert unfit.parsed.detail[0].loc == ["body", "password"], unfit.parsed

print("all as expected")
