"""Prints a folder as TensorBoard's own reader has it: scalars as {tag: [[step, value], ...]}, and images as
{tag: [step, width, height, base64]}"""
import base64
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1])
events.Reload()
print(json.dumps({
    "scalars": {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]},
    "images": {
        tag: [e.step, e.width, e.height, base64.b64encode(e.encoded_image_string).decode()]
        for tag in events.Tags()["images"] for e in events.Images(tag)
    },
}))
