internal import HTTPTypes

/// A file of the page.
enum DashboardAsset: String, Equatable, CaseIterable {
  case page = ""
  case script = "app.js"
  case style = "app.css"

  init?(_ name: String) { self.init(rawValue: name) }

  var reply: DashboardReply {
    var reply = DashboardReply(.ok)
    reply.head.headerFields[.contentType] = type
    reply.body = bytes
    return reply
  }

  private var type: String {
    switch self {
    case .page: "text/html; charset=utf-8"
    case .script: "text/javascript; charset=utf-8"
    case .style: "text/css; charset=utf-8"
    }
  }

  /// Compiled into the program, so that there is no folder to ship.
  var bytes: [UInt8] {
    switch self {
    case .page: PackageResources.index_html
    case .script: PackageResources.app_js
    case .style: PackageResources.app_css
    }
  }
}
