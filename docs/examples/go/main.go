// Command verify reads a token from standard input and prints the identity, or exits with 1 and the reason.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const tokenLengthMax = 4096

// Identity is the account that a token identifies.
type Identity struct {
	AccountID string   `json:"accountId"`
	Username  string   `json:"username"`
	Groups    []string `json:"groups"`
	Scopes    []string `json:"scopes"`
}

// NewVerifier returns a verifier for the tokens of one issuer and audience. A service creates it once, because it
// caches the keys.
func NewVerifier(issuer, audience string) *oidc.IDTokenVerifier {
	client := &http.Client{Timeout: 5 * time.Second}
	keys := oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), client), issuer+"/.well-known/jwks.json")
	return oidc.NewVerifier(issuer, keys, &oidc.Config{
		ClientID:             audience,
		SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256, oidc.EdDSA},
	})
}

// Verify returns the identity of a token.
func Verify(ctx context.Context, verifier *oidc.IDTokenVerifier, raw string) (*Identity, error) {
	if len(raw) > tokenLengthMax {
		return nil, errors.New("the token is too long")
	}
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	var claims struct {
		Username string   `json:"preferred_username"`
		Groups   []string `json:"groups"`
		Scope    string   `json:"scope"`
	}
	if err := token.Claims(&claims); err != nil {
		return nil, err
	}
	return &Identity{
		AccountID: token.Subject,
		Username:  claims.Username,
		Groups:    claims.Groups,
		Scopes:    strings.Fields(claims.Scope),
	}, nil
}

func main() {
	raw, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	verifier := NewVerifier(os.Getenv("FLOWGATE_ISSUER"), os.Getenv("FLOWGATE_AUDIENCE"))
	identity, err := Verify(context.Background(), verifier, strings.TrimSpace(string(raw)))
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(identity); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
