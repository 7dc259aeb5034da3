// Uses the generated client: the arguments are the URL, and the name and password of a superuser.
package main

import (
	"context"
	"fmt"
	"os"

	client "example.org/flowgate/client"
)

func open(url, header, value string) *client.APIClient {
	configuration := client.NewConfiguration()
	configuration.Servers = client.ServerConfigurations{{URL: url}}
	if header != "" {
		configuration.AddDefaultHeader(header, value)
	}
	return client.NewAPIClient(configuration)
}

func check(condition bool, message any) {
	if !condition {
		panic(fmt.Sprint(message))
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	url, name, password := os.Args[1], os.Args[2], os.Args[3]
	background := context.Background()
	tokens, _, err := open(url, "", "").AuthAPI.Login(background).Username(name).Password(password).Execute()
	must(tokens, err)
	admin := open(url, "Authorization", "Bearer "+tokens.AccessToken)

	var ids []string
	for number := 0; number < 5; number++ {
		account := *client.NewUserCreate(fmt.Sprintf("go-%d", number), "a long pass phrase")
		user, _, err := admin.UsersAPI.CreateUser(background).UserCreate(account).Execute()
		ids = append(ids, must(user, err).Id)
	}
	update := *client.NewUserUpdate()
	update.SetIsActive(true)
	changed, _, err := admin.UsersAPI.UpdateUser(background, ids[0]).UserUpdate(update).Execute()
	check(must(changed, err).IsActive, changed)

	var seen []string
	for {
		page, _, err := admin.UsersAPI.ListUsers(background).Skip(int32(len(seen))).Limit(2).Search("go-").Execute()
		for _, user := range must(page, err).Users {
			seen = append(seen, user.Username)
		}
		if len(seen) >= int(page.TotalCount) {
			break
		}
	}
	check(fmt.Sprint(seen) == "[go-0 go-1 go-2 go-3 go-4]", seen)

	key := *client.NewApiKeyCreate()
	key.SetName("a script")
	created, _, err := admin.ApiKeysAPI.CreateApiKey(background).ApiKeyCreate(key).Execute()
	me, _, err := open(url, "x-api-key", must(created, err).ApiKey).UsersAPI.Whoami(background).Execute()
	check(must(me, err).Username == name, me)

	flow, _, err := admin.FlowsAPI.CreateFlow(background).FlowCreate(*client.NewFlowCreate("a flow")).Execute()
	must(flow, err)
	flows, _, err := admin.FlowsAPI.ListFlows(background).Execute()
	check(len(must(flows, err)) == 1 && flows[0].Name == "a flow", flows)

	_, response, err := admin.UsersAPI.ReadUser(background, "00000000-0000-4000-8000-000000000000").Execute()
	check(err != nil && response.StatusCode == 404, response)
	failure, ok := err.(*client.GenericOpenAPIError).Model().(client.Failure)
	check(ok && failure.Code == client.USER_NOT_FOUND, err)
	fmt.Println("all as expected")
}
