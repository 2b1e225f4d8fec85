package main

deny[msg] {
	values := [input.a, strings.count(input.text, ""), object.subset([1, 2], []), to_number("0e999999999")]
	msg := sprintf("%v", [values])
}

deny[msg] { regex.template_match("abc{x}", input.text, "{", "}"); msg := json.marshal(input) }

deny[msg] {
	msg := json.patch(input, [{"op": "copy", "from": "", "path": "/copy"}]).copy.text
}

allowed(x) = y { y := x + 1 } { y := x[_] } else = 0 { true }

deny["x"] { not allowed(input.a.b); some i; input.list[i] == i
	(i + 1) > 2 }
---
a: 1
text: ab
list: [0, 1, 0e5]
