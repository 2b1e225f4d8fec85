package main

import rego.v1

deny contains msg if {
	some container in input.spec.containers
	not startswith(container.image, "registry.example/")
	msg := sprintf("%s: %5d of %v", [container.name, count(input.spec.containers), container.image])
}

warn contains {"msg": "no owner", "path": ["metadata", "labels"]} if not input.metadata.labels.owner

violation[msg] if {
	walk(input, [path, value])
	value == "latest"
	msg := concat(".", [format_int(count(path), 10), "latest"])
}
---
kind: Pod
metadata: { name: web, labels: {} }
spec:
  containers:
    - { name: web, image: "evil.example/web:latest" }
