"""The demo hospital."""

from tests.support.demo import config as config
from tests.support.demo import database_url as database_url
from tests.support.demo import demo_template as demo_template
from tests.support.demo import who as who
