"""Models of Keras 2 and 3 and SavedModels with more than one signature, below the folder that is named."""

import json
import os
import sys
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tf_keras  # noqa: E402

folder, marker = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
os.chdir(folder)
keras.utils.set_random_seed(1)
tf_keras.utils.set_random_seed(1)
words = tf.TensorSpec([None], tf.string, name="words")


class Several(tf.Module):
    def __init__(self):
        self.weights = tf.Variable(np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32))
        keys, ids = tf.constant(["a", "b", "c"]), tf.constant([1, 2, 3], tf.int64)
        self.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, ids), 0)

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])
    def score(self, x):
        return {"scores": tf.nn.softmax(x @ self.weights), "best": tf.argmax(x @ self.weights, 1)}

    @tf.function(input_signature=[words])
    def look_up(self, words):
        return {"ids": self.table.lookup(words)}

    @tf.function(input_signature=[words])
    def lower(self, words):
        return {"lower": tf.strings.lower(words)}


several = Several()
tf.saved_model.save(several, "several", signatures={"score": several.score, "look_up": several.look_up, "lower": several.lower})


def layer_of(library):
    class Scale(library.layers.Layer):
        def __init__(self, factor=2.0, **options):
            super().__init__(**options)
            self.factor = factor

        def build(self, shape):
            self.w = self.add_weight(name="w", shape=(shape[-1],), initializer="ones")

        def call(self, inputs):
            return inputs * self.w * self.factor

        def get_config(self):
            return {**super().get_config(), "factor": self.factor}

    return Scale


scale = keras.saving.register_keras_serializable(package="mine")(layer_of(keras))
custom = keras.Sequential([keras.Input((4,)), scale(3.0), keras.layers.Dense(3)])
custom.save("custom-3.keras")
custom.save("custom-3.h5")
tf_keras.Sequential([tf_keras.layers.Input((4,)), layer_of(tf_keras)(2.5), tf_keras.layers.Dense(2)]).save("custom-2.h5")

normal = keras.layers.Normalization()
normal.adapt(np.random.default_rng(0).standard_normal((50, 4)) * 3 + 7)
keras.Sequential([keras.Input((4,)), normal, keras.layers.Dense(8, activation="gelu"), keras.layers.Dense(1)]).save("normal-3.keras")
tokens = keras.Input((None,), dtype="int32")
recurrent = keras.layers.GRU(5)(keras.layers.LSTM(6, return_sequences=True)(keras.layers.Embedding(20, 8)(tokens)))
keras.Model(tokens, keras.layers.Dense(1)(recurrent)).save("recurrent-3.keras")

image = tf_keras.Sequential([
    tf_keras.layers.Input((8, 8, 1)), tf_keras.layers.Conv2D(4, 3, activation="relu"), tf_keras.layers.DepthwiseConv2D(3, padding="same"),
    tf_keras.layers.BatchNormalization(), tf_keras.layers.GlobalAveragePooling2D(), tf_keras.layers.Dense(3, activation="softmax"),
])  # fmt: skip
for name in ("image-2.h5", "image-2.keras", "image-2-saved"):
    image.save(name)
tf_keras.Sequential([
    tf_keras.layers.Input((None,), dtype="int32"), tf_keras.layers.Embedding(20, 8, mask_zero=True), tf_keras.layers.LSTM(6),
]).save("recurrent-2.h5")  # fmt: skip

# Code in a model: a Lambda layer leaves a mark when it is called or loaded.
text = f"__import__('os').system('touch {marker}')"
for library, name in ((keras, "lambda-3.keras"), (keras, "lambda-3.h5"), (tf_keras, "lambda-2.h5"), (tf_keras, "lambda-2.keras")):
    layers = [library.layers.Input((4,)), library.layers.Lambda(eval(f"lambda value: (value, {text})[0]"))]
    library.Sequential(layers).save(name)
os.path.exists(marker) and os.remove(marker)

# A function of another module, where Keras 2 would import whatever is named.
with zipfile.ZipFile("image-2.keras") as archive, zipfile.ZipFile("import-2.keras", "w") as made:
    for entry in archive.namelist():
        content = archive.read(entry)
        if entry == "config.json":
            config = json.loads(content)
            config["config"]["layers"].append({"module": "os", "class_name": "function", "config": "system", "registered_name": "function"})
            content = json.dumps(config)
        made.writestr(entry, content)
for version, name in (("keras", "layers_3.py"), ("tf_keras", "layers_2.py")):
    with open(name, "w", encoding="utf-8") as file:
        file.write(f"""import {version} as library


class Scale(library.layers.Layer):
    def __init__(self, factor=2.0, **options):
        super().__init__(**options)
        self.factor = factor

    def build(self, shape):
        self.w = self.add_weight(name="w", shape=(shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.w * self.factor

    def get_config(self):
        return {{**super().get_config(), "factor": self.factor}}
""")
