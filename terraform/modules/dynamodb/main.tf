# Carts: written by the edge, read by the origin. The layout is shared/aws/src/cart_table.rs.
resource "aws_dynamodb_table" "carts" {
  name         = "${var.name_prefix}shopping-carts"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "userId"

  attribute {
    name = "userId"
    type = "S"
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  server_side_encryption {
    enabled = true
  }
}

# Stock counters and holds: the only count of what can be sold. The ttl clears finished holds only.
resource "aws_dynamodb_table" "inventory" {
  name             = "${var.name_prefix}inventory"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "pk"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"

  attribute {
    name = "pk"
    type = "S"
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  server_side_encryption {
    enabled = true
  }
}

# The history of payments, fed by events. Nothing in it expires.
resource "aws_dynamodb_table" "payments" {
  name         = "${var.name_prefix}payments"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "paymentId"
  range_key    = "sequence"

  attribute {
    name = "paymentId"
    type = "S"
  }

  attribute {
    name = "sequence"
    type = "N"
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  server_side_encryption {
    enabled = true
  }
}
