# METADATA
# title: Names that patterns with `*` allow
# description: Shared by the packs. `*` stands for anything within a part, `**` for several parts.
package portcullis.lib.names

import rego.v1

# Whether a path of parts with `/` between them is the pattern, or lies below it.
is_below(path, pattern) if glob.match(pattern, ["/"], path)

is_below(path, pattern) if glob.match(concat("", [pattern, "/**"]), ["/"], path)

# Whether a name without parts fits the pattern.
fits(name, pattern) if glob.match(pattern, null, name)

# Names for a sentence: `a`, `b` and `c`.
listed(names) := concat(", ", [sprintf("`%s`", [name]) | some name in names])

# What a value holds; nothing where it is no list or no mapping: a template may stand there.
elements(value) := value if {
	is_array(value)
} else := []

entries(value) := value if {
	is_object(value)
} else := {}
