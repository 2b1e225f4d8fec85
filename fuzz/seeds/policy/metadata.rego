# METADATA
# title: A title
# custom:
#   id: ACME-1
#   input: { selector: [{ type: kubernetes }] }
package user.acme

__rego_metadata__ := {"id": "A", "severity": "LOW"}

default limit = 3

limit := limits[tier] if { tier := input.tier } else := 0

deny[res] { limit > count(input.items) with input as {"items": data.x}; res := result.new("x", input) }
---
{ "tier": "a", "items": [] }
