"""Verifies a message with the library standardwebhooks. Standard input: {"secret", "headers", "body"}. Prints its type."""
import json
import sys

from standardwebhooks import Webhook

given = json.load(sys.stdin)
print(Webhook(given["secret"]).verify(given["body"], given["headers"])["type"])
