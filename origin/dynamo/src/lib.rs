//! origin-dynamo
