"""The session door: it signs people in at an OIDC issuer and keeps their tokens, so that a browser holds only a cookie."""
