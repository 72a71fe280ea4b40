"""python -m training_router.server"""

import sys

from training_router.server.cli import main

sys.exit(main())
