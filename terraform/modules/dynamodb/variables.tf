variable "name_prefix" {
  description = "Begins every table's name, such as \"production-\"; empty for the plain names."
  type        = string
  default     = ""
}

variable "point_in_time_recovery" {
  description = "Whether the tables can be restored to any second of the last 35 days."
  type        = bool
  default     = false
}
