a = [1,
b = <<EOT
x
c "d" {
  e = "${f
  g { h = 1, i = 2 }
}
j = k.*.*.l
m {
  n = "\d" /* o
