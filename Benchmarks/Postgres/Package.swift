// swift-tools-version: 6.2
import PackageDescription

// Another package, because it needs libpq, which nothing else in the folder does.
let package = Package(
  name: "smooven-benchmarks-postgres",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "smooven-swift", path: "../..", traits: [.defaults, "PostgresSupport"]),
    .package(name: "smooven-benchmarks", path: ".."),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
  ],
  targets: [
    .executableTarget(
      name: "PostgresCost",
      dependencies: [
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Measuring", package: "smooven-benchmarks"),
        .product(name: "Smooven", package: "smooven-swift"),
        .product(name: "SmoovenPostgres", package: "smooven-swift"),
        .product(name: "SmoovenTesting", package: "smooven-swift"),
      ],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
      ]
    )
  ],
  swiftLanguageModes: [.v6]
)
