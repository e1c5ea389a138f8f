/// Prints the numbers of one measurement as a line of JSON, which is what the harness reads.
public func report(_ numbers: [String: Double]) {
  let fields = numbers.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
  print("{\(fields.joined(separator: ", "))}")
}
