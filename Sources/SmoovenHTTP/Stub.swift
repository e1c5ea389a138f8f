import NIOHTTP1
import NIOPosix
import NIOExtras
import NIOSSL
import NIOHTTPTypesHTTP1
import Logging
