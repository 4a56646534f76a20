# Prints config-defaults.json: the fields of every supported config class of transformers 5.12 as it fills them in where a config.json leaves them out.
import json
from transformers import (BertConfig, Gemma2Config, Gemma3TextConfig, GPT2Config, GPTJConfig, GPTNeoConfig, LlamaConfig, MarianConfig, MistralConfig, Phi3Config, Qwen2Config, Qwen3Config,
                          RobertaConfig, T5Config)

UNUSED = {'architectures', 'output_hidden_states', 'return_dict', 'dtype', 'chunk_size_feed_forward', '_name_or_path', 'output_attentions', 'use_cache', 'initializer_range', 'init_std',
          'initializer_factor', 'id2label', 'label2id', 'problem_type', 'summary_type', 'summary_use_proj', 'summary_activation', 'summary_proj_to_labels', 'summary_first_dropout',
          'reorder_and_upcast_attn', 'pretraining_tp', 'encoder_layerdrop', 'decoder_layerdrop', 'attention_layers', '_sliding_window_pattern', 'dense_act_fn', 'is_gated_act', 'transformers_version'}
classes = [GPT2Config, GPTNeoConfig, GPTJConfig, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config, Phi3Config, Gemma2Config, Gemma3TextConfig, BertConfig, RobertaConfig, T5Config, MarianConfig]
fields = {c.model_type: {k: v for k, v in c().to_dict().items() if k not in UNUSED} for c in classes}
print(json.dumps(fields, separators=(',', ':')).replace('},"', '},\n"'))
