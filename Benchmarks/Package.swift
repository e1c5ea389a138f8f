// swift-tools-version: 6.2
import PackageDescription

// A separate package, so that users of the SDK don't fetch or build what only measuring needs.
let package = Package(
  name: "smooven-benchmarks",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Measuring", targets: ["Measuring"])
  ],
  dependencies: [
    .package(name: "smooven-swift", path: ".."),
    .package(url: "https://github.com/apple/swift-crypto", "3.12.0"..<"5.0.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.100.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
  ],
  targets: [
    // What the programs share: clocks, quantiles, memory, and the line of JSON that each prints.
    .target(name: "Measuring"),
    .target(name: "AllocationCount"),
    // The floor of the ingest: a constant 200.
    .executableTarget(
      name: "NIOFloor",
      dependencies: [
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ]
    ),
    // The floor of the round trip: a service that responds and calls back, and does nothing else.
    .executableTarget(
      name: "BareService",
      dependencies: [
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ]
    ),
    // The port of a client that waits for many notifications: each callback arrives at the URL of its wait.
    .executableTarget(
      name: "TokenIngest",
      dependencies: [
        .product(name: "Smooven", package: "smooven-swift"),
        .product(name: "SmoovenTesting", package: "smooven-swift"),
      ]
    ),
    .executableTarget(
      name: "RoundTrip",
      dependencies: [
        "Measuring",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Smooven", package: "smooven-swift"),
      ]
    ),
    .executableTarget(
      name: "WaitCost",
      dependencies: [
        "Measuring",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Smooven", package: "smooven-swift"),
        .product(name: "SmoovenTesting", package: "smooven-swift"),
      ]
    ),
    .executableTarget(
      name: "JournalCost",
      dependencies: [
        "Measuring",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Smooven", package: "smooven-swift"),
      ]
    ),
    .executableTarget(
      name: "VerifyCost",
      dependencies: [
        "AllocationCount",
        "Measuring",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "SmoovenCallbacks", package: "smooven-swift"),
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)

// As in the package that is measured. A C target has no Swift settings.
for target in package.targets where target.name != "AllocationCount" {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  ]
}
