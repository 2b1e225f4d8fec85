//! Corpora of Terraform configurations.
//!
//! [`write`] makes stacks as teams have them: variables with values in a `terraform.tfvars`, locals, a module of their own
//! that is called for several environments, ten files of 2 KB a stack. [`write_nested`] makes what grows: calls that are
//! twelve deep, many of them beside one another, `for_each` over thousands, and thousands of resources that others have
//! to be linked to.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Files of a stack.
const FILES: usize = 10;
/// Calls within one another.
const DEPTH: usize = 12;
/// For each call that is written beside others, so many instances of `for_each`.
const INSTANCES_PER_CALL: usize = 200;

/// Writes stacks until there are `count` files; their bytes.
pub fn write(folder: &Path, count: usize) -> std::io::Result<u64> {
    let mut bytes = 0;
    for number in 0..count.div_ceil(FILES) {
        let stack = folder.join(format!("team-{:02}/stack-{number:04}", number % 40));
        fs::create_dir_all(stack.join("service"))?;
        for (name, text) in files(number).into_iter().take(count - number * FILES) {
            fs::write(stack.join(name), &text)?;
            bytes += text.len() as u64;
        }
    }
    Ok(bytes)
}

/// Writes configurations that grow with `count`; their bytes.
pub fn write_nested(folder: &Path, count: usize) -> std::io::Result<u64> {
    let mut bytes = 0;
    let mut put = |path: String, text: String| -> std::io::Result<()> {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        bytes += text.len() as u64;
        fs::write(path, text)
    };
    let calls = count.div_ceil(INSTANCES_PER_CALL);
    put("calls/main.tf".to_owned(), (0..calls).map(|call| chain(call, "./level-01")).collect())?;
    for level in 1..=DEPTH {
        let text = if level == DEPTH { LEAF.to_owned() } else { chain(0, &format!("../level-{:02}", level + 1)) };
        put(format!("calls/level-{level:02}/main.tf"), format!("{ARGUMENTS}{text}{RESULT}"))?;
    }
    put("instances/main.tf".to_owned(), format!("locals {{\n  many = {count}\n}}\n{INSTANCES}"))?;
    put("links/main.tf".to_owned(), (0..count).map(link).collect())?;
    Ok(bytes)
}

/// What every module of the chain takes.
const ARGUMENTS: &str = "variable \"settings\" {\n  type = object({ name = string, public = bool, size = number })\n}\n\n\
                         variable \"tags\" {\n  type    = map(string)\n  default = {}\n}\n\n";

const RESULT: &str = "\noutput \"name\" {\n  value = upper(var.settings.name)\n}\n";

const LEAF: &str = "resource \"aws_db_instance\" \"this\" {\n  identifier          = var.settings.name\n  \
                    allocated_storage   = var.settings.size\n  storage_encrypted   = true\n  \
                    publicly_accessible = var.settings.public\n  tags                = merge(var.tags, { Name = \
                    var.settings.name })\n}\n";

fn chain(call: usize, source: &str) -> String {
    let settings = if source.starts_with("./") {
        format!("{{ name = \"database-{call}\", public = {}, size = {} }}", call.is_multiple_of(5), 20 + call)
    } else {
        "merge(var.settings, { size = var.settings.size + 1 })".to_owned()
    };
    let tags = if source.starts_with("./") { "{ team = \"data\" }" } else { "merge(var.tags, { level = \"next\" })" };
    format!("module \"next_{call}\" {{\n  source   = \"{source}\"\n  settings = {settings}\n  tags     = {tags}\n}}\n")
}

const INSTANCES: &str = r#"
locals {
  names   = [for number in range(local.many) : format("bucket-%05d", number)]
  buckets = { for name in local.names : name => { name = name, versioned = true } }
}

resource "aws_s3_bucket" "each" {
  for_each = local.buckets
  bucket   = each.value.name
  tags     = { Name = each.key, Team = "data" }
}

resource "aws_s3_bucket_public_access_block" "each" {
  for_each                = aws_s3_bucket.each
  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_db_instance" "counted" {
  count               = local.many
  identifier          = local.names[count.index]
  storage_encrypted   = true
  publicly_accessible = count.index > 100000
}
"#;

fn link(number: usize) -> String {
    format!(
        "resource \"aws_vpc\" \"v{number}\" {{\n  cidr_block = \"10.0.0.0/16\"\n}}\n\nresource \"aws_flow_log\" \
         \"v{number}\" {{\n  vpc_id       = aws_vpc.v{number}.id\n  traffic_type = \"ALL\"\n}}\n\nresource \
         \"aws_s3_bucket\" \"b{number}\" {{\n  bucket = \"bucket-{number}\"\n}}\n\nresource \
         \"aws_s3_bucket_public_access_block\" \"b{number}\" {{\n  bucket                  = \"bucket-{number}\"\n  \
         block_public_acls       = true\n  block_public_policy     = true\n  ignore_public_acls      = true\n  \
         restrict_public_buckets = true\n}}\n\n"
    )
}

/// The files of one stack.
fn files(number: usize) -> [(&'static str, String); FILES] {
    [
        ("main.tf", main(number)),
        ("network.tf", network(number)),
        ("database.tf", database(number)),
        ("policies.tf", policies(number)),
        ("variables.tf", variables(&["region", "environment", "owner", "cost_center", "network", "domain", "size"])),
        ("versions.tf", versions(number)),
        ("terraform.tfvars", values(number)),
        ("service/main.tf", SERVICE.to_owned()),
        ("service/variables.tf", variables(&["environment", "name", "subnets", "image", "tags", "replicas", "ports"])),
        ("service/outputs.tf", outputs()),
    ]
}

fn main(number: usize) -> String {
    let mut text = format!(
        "# The services of stack {number}.\n\nlocals {{\n  name     = \"${{var.environment}}-stack-{number}\"\n  services = \
         {{\n"
    );
    for service in ["api", "worker", "web", "reports", "billing", "search"] {
        let _ = writeln!(
            text,
            "    {service} = {{ image = \"registry.example.com/{service}:1.{number}.0\", replicas = {}, ports = [8080, \
             9090] }}",
            1 + number % 4
        );
    }
    text.push_str("  }\n  tags = merge(var.tags, { Environment = var.environment, Stack = local.name })\n}\n\n");
    text.push_str(
        "module \"service\" {\n  source   = \"./service\"\n  for_each = local.services\n\n  environment = var.environment\n  \
         name        = \"${local.name}-${each.key}\"\n  image       = each.value.image\n  replicas    = \
         each.value.replicas\n  ports       = each.value.ports\n  subnets     = aws_subnet.private[*].id\n  tags        = \
         local.tags\n}\n\noutput \"addresses\" {\n  description = \"Where each service answers.\"\n  value       = { for \
         name, service in module.service : name => service.address }\n}\n",
    );
    for bucket in ["assets", "logs", "exports", "backups", "uploads"] {
        let _ = write!(
            text,
            "\nresource \"aws_s3_bucket\" \"{bucket}\" {{\n  bucket = \"${{local.name}}-{bucket}\"\n  tags   = \
             local.tags\n}}\n\nresource \"aws_s3_bucket_versioning\" \"{bucket}\" {{\n  bucket = \
             aws_s3_bucket.{bucket}.id\n  versioning_configuration {{\n    status = \"Enabled\"\n  }}\n}}\n"
        );
    }
    text
}

fn network(number: usize) -> String {
    let mut text = format!(
        "resource \"aws_vpc\" \"main\" {{\n  cidr_block           = var.network\n  enable_dns_hostnames = true\n  tags                 \
         = merge(local.tags, {{ Name = local.name }})\n}}\n\nresource \"aws_flow_log\" \"main\" {{\n  vpc_id          = \
         aws_vpc.main.id\n  traffic_type    = \"ALL\"\n  log_destination = aws_s3_bucket.logs.arn\n}}\n\ndata \
         \"aws_availability_zones\" \"all\" {{\n  state = \"available\"\n}}\n\nresource \"aws_subnet\" \"private\" {{\n  \
         count             = 3\n  vpc_id            = aws_vpc.main.id\n  cidr_block        = cidrsubnet(var.network, 8, \
         count.index + {})\n  availability_zone = data.aws_availability_zones.all.names[count.index]\n  tags              \
         = merge(local.tags, {{ Name = \"${{local.name}}-private-${{count.index}}\" }})\n}}\n",
        number % 16
    );
    for (name, port) in
        [("web", 443), ("metrics", 9090), ("ssh", 22), ("database", 5432), ("cache", 6379), ("admin", 8443)]
    {
        let from = if name == "ssh" && number.is_multiple_of(7) { "0.0.0.0/0" } else { "10.0.0.0/8" };
        let _ = write!(
            text,
            "\nresource \"aws_security_group\" \"{name}\" {{\n  name        = \"${{local.name}}-{name}\"\n  description = \
             \"Lets {name} in.\"\n  vpc_id      = aws_vpc.main.id\n\n  ingress {{\n    description = \"{name}\"\n    \
             from_port   = {port}\n    to_port     = {port}\n    protocol    = \"tcp\"\n    cidr_blocks = \
             [\"{from}\"]\n  }}\n\n  tags = local.tags\n}}\n"
        );
    }
    text
}

fn database(number: usize) -> String {
    let mut text = String::new();
    for name in ["orders", "users", "events", "search", "billing", "audit"] {
        let _ = write!(
            text,
            "resource \"aws_db_instance\" \"{name}\" {{\n  identifier                  = \"${{local.name}}-{name}\"\n  engine                      \
             = \"postgres\"\n  engine_version              = \"16.{}\"\n  instance_class              = var.size\n  \
             allocated_storage           = {}\n  storage_encrypted           = {}\n  publicly_accessible         = \
             false\n  deletion_protection         = var.environment == \"prod\"\n  backup_retention_period     = \
             var.environment == \"prod\" ? 14 : 7\n  vpc_security_group_ids      = \
             [aws_security_group.database.id]\n  manage_master_user_password = true\n  username                    = \
             \"{name}\"\n  tags                        = merge(local.tags, {{ Name = \
             \"${{local.name}}-{name}\" }})\n\n  lifecycle {{\n    prevent_destroy = true\n    ignore_changes  = \
             [engine_version]\n  }}\n}}\n\n",
            number % 5,
            20 + number % 80,
            !number.is_multiple_of(9),
        );
    }
    text
}

fn policies(number: usize) -> String {
    let mut text = String::new();
    for name in ["reader", "writer", "deployer", "auditor", "migrator"] {
        let _ = write!(
            text,
            "data \"aws_iam_policy_document\" \"{name}\" {{\n  statement {{\n    sid       = \"Objects{number}\"\n    \
             actions   = [\"s3:GetObject\", \"s3:ListBucket\"]\n    resources = [aws_s3_bucket.assets.arn, \
             \"${{aws_s3_bucket.assets.arn}}/*\"]\n  }}\n\n  dynamic \"statement\" {{\n    for_each = \
             local.services\n    content {{\n      actions   = [\"sqs:SendMessage\"]\n      resources = \
             [\"arn:aws:sqs:${{var.region}}:*:${{statement.key}}-*\"]\n    }}\n  }}\n}}\n\nresource \
             \"aws_iam_policy\" \"{name}\" {{\n  name   = \"${{local.name}}-{name}\"\n  policy = \
             data.aws_iam_policy_document.{name}.json\n}}\n\nresource \"aws_iam_role\" \"{name}\" {{\n  name = \
             \"${{local.name}}-{name}\"\n  assume_role_policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement \
             = [{{\n      Effect    = \"Allow\"\n      Action    = \"sts:AssumeRole\"\n      Principal = {{ Service = \
             \"ecs-tasks.amazonaws.com\" }}\n    }}]\n  }})\n}}\n\n"
        );
    }
    text
}

fn variables(names: &[&str]) -> String {
    let mut text = String::new();
    for name in names {
        let (kind, default) = match *name {
            "subnets" => ("list(string)", ""),
            "tags" => ("map(string)", "  default     = {}\n"),
            "replicas" => ("number", "  default     = 2\n"),
            "ports" => ("list(number)", "  default     = [8080]\n"),
            "size" => ("string", "  default     = \"db.t4g.medium\"\n"),
            _ => ("string", ""),
        };
        let _ = write!(
            text,
            "variable \"{name}\" {{\n  description = \"What this configuration takes for its {name}; see the handbook of the \
             platform for what is allowed.\"\n  type        = {kind}\n{default}}}\n\n"
        );
    }
    if !names.contains(&"tags") {
        text.push_str("variable \"tags\" {\n  description = \"For everything.\"\n  type        = map(string)\n  default     = {}\n}\n");
    }
    text
}

fn versions(number: usize) -> String {
    format!(
        "terraform {{\n  required_version = \">= 1.6\"\n\n  required_providers {{\n    aws = {{\n      source  = \
         \"hashicorp/aws\"\n      version = \"~> 5.{}\"\n    }}\n  }}\n\n  backend \"s3\" {{\n    bucket  = \
         \"state\"\n    key     = \"stack-{number}.tfstate\"\n    region  = \"eu-central-1\"\n    encrypt = \
         true\n  }}\n}}\n\nprovider \"aws\" {{\n  region = var.region\n\n  default_tags {{\n    tags = {{\n      \
         Owner      = var.owner\n      CostCenter = var.cost_center\n    }}\n  }}\n}}\n",
        number % 60
    )
}

fn values(number: usize) -> String {
    let environment = ["dev", "test", "prod"].get(number % 3).copied().unwrap_or("dev");
    format!(
        "region      = \"eu-central-1\"\nenvironment = \"{environment}\"\nowner       = \"team-{}\"\ncost_center = \
         \"{}\"\nnetwork     = \"10.{}.0.0/16\"\ndomain      = \"{environment}.example.com\"\n",
        number % 40,
        1000 + number,
        number % 200
    )
}

const SERVICE: &str = r#"locals {
  container = {
    name         = var.name
    image        = var.image
    essential    = true
    portMappings = [for port in var.ports : { containerPort = port, protocol = "tcp" }]
    environment  = [{ name = "ENVIRONMENT", value = var.environment }]
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  container_definitions    = jsonencode([local.container])
  tags                     = var.tags
}

resource "aws_ecs_service" "this" {
  name            = var.name
  task_definition = aws_ecs_task_definition.this.arn
  desired_count   = var.replicas
  launch_type     = "FARGATE"

  network_configuration {
    subnets          = var.subnets
    assign_public_ip = false
  }

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/services/${var.name}"
  retention_in_days = var.environment == "prod" ? 365 : 30
  tags              = var.tags
}

resource "aws_security_group" "this" {
  name        = "${var.name}-service"
  description = "What may reach the service."

  dynamic "ingress" {
    for_each = toset(var.ports)
    content {
      description = "port ${ingress.value}"
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["10.0.0.0/8"]
    }
  }
}
"#;

fn outputs() -> String {
    let mut text = String::from(
        "output \"address\" {\n  description = \"Where the service answers.\"\n  value       = \"${var.name}.internal\"\n}\n",
    );
    for (name, value) in [
        ("service", "aws_ecs_service.this.id"),
        ("group", "aws_security_group.this.id"),
        ("task", "aws_ecs_task_definition.this.arn"),
        ("logs", "aws_cloudwatch_log_group.this.arn"),
    ] {
        let _ = write!(
            text,
            "\noutput \"{name}\" {{\n  description = \"The {name} that the service runs with, for alarms and dashboards.\"\n  \
             value       = {value}\n}}\n"
        );
    }
    text
}
