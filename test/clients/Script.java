import flowgate.ApiClient;
import flowgate.ApiException;
import flowgate.api.ApiKeysApi;
import flowgate.api.AuthApi;
import flowgate.api.FlowsApi;
import flowgate.api.UsersApi;
import flowgate.model.ApiKeyCreate;
import flowgate.model.ApiKeyCreated;
import flowgate.model.Flow;
import flowgate.model.FlowCreate;
import flowgate.model.Tokens;
import flowgate.model.User;
import flowgate.model.UserCreate;
import flowgate.model.UserList;
import flowgate.model.UserUpdate;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Uses the generated client: the arguments are the URL, and the name and password of a superuser. */
public class Script {
  static ApiClient client(String url, String header, String value) {
    ApiClient client = new ApiClient();
    client.updateBaseUri(url);
    if (header != null) client.setRequestInterceptor(request -> request.header(header, value));
    return client;
  }

  static void check(boolean condition, Object message) {
    if (!condition) throw new AssertionError(message);
  }

  public static void main(String[] args) throws ApiException {
    Tokens tokens = new AuthApi(client(args[0], null, null)).login(args[1], args[2], null);
    ApiClient admin = client(args[0], "Authorization", "Bearer " + tokens.getAccessToken());
    UsersApi users = new UsersApi(admin);

    List<UUID> ids = new ArrayList<>();
    for (int number = 0; number < 5; number++) {
      ids.add(users.createUser(new UserCreate().username("java-" + number).password("a long pass phrase")).getId());
    }
    check(users.updateUser(ids.get(0), new UserUpdate().isActive(true)).getIsActive(), "activated");

    List<String> seen = new ArrayList<>();
    for (;;) {
      UserList page = users.listUsers(seen.size(), 2, "java-", null, null);
      for (User user : page.getUsers()) seen.add(user.getUsername());
      if (seen.size() >= page.getTotalCount()) break;
    }
    check(seen.equals(List.of("java-0", "java-1", "java-2", "java-3", "java-4")), seen);

    ApiKeyCreated key = new ApiKeysApi(admin).createApiKey(new ApiKeyCreate().name("a script"));
    User me = new UsersApi(client(args[0], "x-api-key", key.getApiKey())).whoami();
    check(me.getUsername().equals(args[1]) && me.getStoreApiKey() == null, me);

    FlowsApi flows = new FlowsApi(admin);
    flows.createFlow(new FlowCreate().name("a flow"));
    List<Flow> all = flows.listFlows(null, null, null, null, null, null, null, null, null);
    check(all.size() == 1 && all.get(0).getName().equals("a flow"), all);

    try {
      users.readUser(new UUID(0, 1));
      throw new AssertionError("an account that does not exist was found");
    } catch (ApiException failure) {
      check(failure.getCode() == 404 && failure.getResponseBody().contains("\"user_not_found\""), failure);
    }
    System.out.println("all as expected");
  }
}
