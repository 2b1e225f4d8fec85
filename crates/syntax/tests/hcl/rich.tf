# Everything that native syntax has.
variable "größe" {
  type    = map(object({ a = string, b = optional(number, 1.5e3) }))
  default = { "x y" = null, (var.z) : [1, -2, !true,], 3 = "t" }
}

resource aws_thing "a" { count = var.on ? 1 : 0 } // one line

/* A block
   comment */
resource "aws_thing" "b" {
  for_each = { for k, v in local.all : k => v... if v != null && length(v) > 0 }
  names    = [for s in var.list : upper("${s}-${each.key}\n\u00e9$${x}")]
  splat    = aws_thing.a[*].id[0] == aws_thing.a.*.id.0 || (
    a.b["c"][d.e] >= f(1, g...) % 2
  )
  policy = jsonencode({
    Version = "2012" # comment
    Statement = [{ Effect = "Allow" }]
  })
  text = <<-EOT
    %{ for n in var.names ~}
    hello ${n} %%{ "quoted" }
    %{~ endfor }

      100% of $5 ${provider::x::f("a")}
  EOT

  nested "label" {
    raw = <<EOT
{ "a": ${jsonencode("b}")} }
EOT
    list = ["%{ if a }b%{ else }c%{ endif }"]
  }
}
