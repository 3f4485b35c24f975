"""Signs a body with Stripe's SDK. Standard input: {"body", "secret", "time"}. Prints the Stripe-Signature."""
import json
import sys

from stripe import WebhookSignature

given = json.load(sys.stdin)
print(WebhookSignature.generate_signature_header(given["body"], given["secret"], timestamp=given["time"]))
