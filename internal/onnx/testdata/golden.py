"""Writes golden.onnx, the graph of TestEncodesAsONNXItself, by ONNX's own library: golden.py"""
import pathlib

import numpy as np
from onnx import TensorProto, helper, numpy_helper

image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, "height", "width"])
out = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 2, "height", "width"])
weight = numpy_helper.from_array(np.array([1, -2, 0.5, 3e-8], "<f4").reshape(2, 1, 1, 2), "weight")
scales = numpy_helper.from_array(np.array([1, 1, 2, 2], "<f4"), "floats_1_1_2_2")
column = numpy_helper.from_array(np.array([0, 2, -1], "<i8"), "integers_0_2_-1")
nodes = [
    helper.make_node("Conv", ["image", "weight"], ["Conv_0"], "Conv_0", kernel_shape=[1, 2], pads=[0, 0, 0, 0]),
    helper.make_node("MaxPool", ["Conv_0"], ["MaxPool_1", "MaxPool_1_1"], "MaxPool_1", ceil_mode=0),
    helper.make_node("LeakyRelu", ["MaxPool_1"], ["LeakyRelu_2"], "LeakyRelu_2", alpha=0.01),
    helper.make_node("Resize", ["LeakyRelu_2", "", "floats_1_1_2_2"], ["Resize_3"], "Resize_3", mode="nearest"),
    helper.make_node("Reshape", ["Resize_3", "integers_0_2_-1"], ["probabilities"], "probabilities"),
]
for n in nodes:  # the library sorts attributes by name; the file has them in the order of the code
    given = {a.name: a for a in n.attribute}
    del n.attribute[:]
    n.attribute.extend(given[k] for k in ("kernel_shape", "pads", "ceil_mode", "alpha", "mode") if k in given)
graph = helper.make_graph(nodes, "example", [image], [out], [weight, scales, column])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="r2unet", doc_string="An example.")
helper.set_model_props(model, {"a": "1", "b": "ü"})
pathlib.Path(__file__).with_name("golden.onnx").write_bytes(model.SerializeToString())
