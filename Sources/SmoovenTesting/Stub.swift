import Smooven
