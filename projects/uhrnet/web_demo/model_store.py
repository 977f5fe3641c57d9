"""Models in memory: the last ones that were asked for."""

import threading
from collections import OrderedDict

from uhrnet.apis import load
from uhrnet.apis.predictor import Predictor

from .offers import Offer

_KEPT = 2


class ModelStore:
    """Loads models when they are first asked for.

    Args:
        device: Where to put them; None chooses.
    """

    def __init__(self, device: str | None = None) -> None:
        self.device = device
        self._models: OrderedDict[Offer, Predictor] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, offer: Offer) -> Predictor:
        """Return the model of an offer.

        Raises:
            UserError, CheckpointError: If config or weights cannot be used.
        """
        with self._lock:
            if offer not in self._models:
                model = load(offer.config, offer.weights, device=self.device)
                self._models[offer] = model
                if len(self._models) > _KEPT:
                    self._models.popitem(last=False)
            self._models.move_to_end(offer)
            return self._models[offer]
