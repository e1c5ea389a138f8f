import ArgumentParser
@main struct S { static func main() {} }
