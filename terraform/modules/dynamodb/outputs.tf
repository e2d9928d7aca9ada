output "carts_table" {
  description = "Name and ARN of the table of carts."
  value       = { name = aws_dynamodb_table.carts.name, arn = aws_dynamodb_table.carts.arn }
}

output "inventory_table" {
  description = "Name, ARN and stream ARN of the table of stock and holds."
  value = {
    name       = aws_dynamodb_table.inventory.name
    arn        = aws_dynamodb_table.inventory.arn
    stream_arn = aws_dynamodb_table.inventory.stream_arn
  }
}

output "payments_table" {
  description = "Name and ARN of the table of the history of payments."
  value       = { name = aws_dynamodb_table.payments.name, arn = aws_dynamodb_table.payments.arn }
}
