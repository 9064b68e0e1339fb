"""Tiny models of transformers with random weights, each as `save_pretrained` writes it, below the folder that is named."""

import os
import sys

sys.setdlopenflags(os.RTLD_LAZY)  # a PyTorch for GPUs on a machine without one
import torch  # noqa: E402
import transformers as t  # noqa: E402

folder = sys.argv[1]
torch.manual_seed(1)
small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
words = {"vocab_size": 200, "max_position_embeddings": 64}
names = {0: "bad", 1: "fair", 2: "good"}
gpt2 = {"n_embd": 32, "n_layer": 2, "n_head": 4, "vocab_size": 200, "n_positions": 64}
models = {
    "bert": t.BertForSequenceClassification(t.BertConfig(**small, **words, id2label=names, label2id={v: k for k, v in names.items()})),
    "distilbert": t.DistilBertForSequenceClassification(t.DistilBertConfig(dim=32, n_layers=2, n_heads=4, hidden_dim=64, **words)),
    "gpt2": t.GPT2ForSequenceClassification(t.GPT2Config(**gpt2, pad_token_id=0)),
    "gpt2-lm": t.GPT2LMHeadModel(t.GPT2Config(**gpt2)),
    "encoder": t.BertModel(t.BertConfig(**small, **words)),
    "vit": t.ViTForImageClassification(t.ViTConfig(**small, image_size=32, patch_size=8)),
    "t5": t.T5ForConditionalGeneration(t.T5Config(vocab_size=200, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4)),
}
for name, model in models.items():
    model.save_pretrained(os.path.join(folder, name))

bert = models["bert"]
for name in ("bin", "lacking", "code"):
    bert.config.save_pretrained(os.path.join(folder, name))
torch.save(bert.state_dict(), os.path.join(folder, "bin", "pytorch_model.bin"))
torch.save(models["encoder"].state_dict(), os.path.join(folder, "lacking", "pytorch_model.bin"))
torch.save(bert.state_dict(), os.path.join(folder, "code", "pytorch_model.bin"))
config = os.path.join(folder, "code", "config.json")
with open(config, encoding="utf-8") as file:
    text = file.read()
with open(config, "w", encoding="utf-8") as file:
    file.write(text.replace("{", '{"auto_map": {"AutoModel": "code.Net"},', 1))

# A model class of its own, as a folder brings it.
own = os.path.join(folder, "own")
os.makedirs(own)
with open(os.path.join(own, "modeling_own.py"), "w", encoding="utf-8") as file:
    file.write('''import torch
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput


class OwnConfig(PretrainedConfig):
    model_type = "own"

    def __init__(self, vocab_size=50, **options):
        self.vocab_size = vocab_size
        super().__init__(**options)


class Own(PreTrainedModel):
    config_class = OwnConfig

    def __init__(self, config):
        super().__init__(config)
        self.table = torch.nn.Embedding(config.vocab_size, 2)
        self.post_init()

    def forward(self, input_ids, attention_mask=None, return_dict=True):
        return SequenceClassifierOutput(logits=(self.table(input_ids) * attention_mask[..., None]).sum(1))
''')
sys.path.insert(0, own)
from modeling_own import Own, OwnConfig  # noqa: E402

Own(OwnConfig(auto_map={"AutoModel": "modeling_own.Own", "AutoConfig": "modeling_own.OwnConfig"})).save_pretrained(own)
