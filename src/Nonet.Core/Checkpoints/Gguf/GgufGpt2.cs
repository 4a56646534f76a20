using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Gguf;

/// <summary>GPT-2: query, key and value are one tensor.</summary>
sealed class GgufGpt2 : GgufFamily
{
    public override string Architecture => "gpt2";
    public override bool Keeps(ModelConfig config) => config.GetType() == typeof(GptConfig);

    public override ModelConfig Read(GgufFile file)
    {
        var m = file.Metadata;
        var width = m.Positive(Key("embedding_length"));
        var hidden = m.Positive(Key("feed_forward_length"), 4 * width);
        return new GptConfig
        {
            Vocab = Vocab(file),
            Context = m.Positive(Key("context_length")),
            Layers = (int)m.Integer(Key("block_count"), null, 1, ModelConfig.MostLayers),
            Width = width,
            Heads = m.Positive(Key("attention.head_count")),
            Hidden = hidden == 4L * width ? null : hidden,
            Epsilon = (float)m.Number(Key("attention.layer_norm_epsilon"), null),
            Tied = !file.Tensors.ContainsKey("output.weight"),
        };
    }

    public override void Write(GgufWriter writer, ModelConfig config)
    {
        var c = (GptConfig)config;
        if (c.ScaleByLayer || c.Activation != Nonet.Tensors.Activation.GeluTanh)
            throw new NotSupportedException("a gpt2 with scores scaled by layer or another activation than gelu_new cannot be kept in GGUF");
        writer.U32(Key("context_length"), (uint)c.Context).U32(Key("embedding_length"), (uint)c.Width).U32(Key("block_count"), (uint)c.Layers)
            .U32(Key("feed_forward_length"), (uint)(c.Hidden ?? 4 * c.Width)).U32(Key("attention.head_count"), (uint)c.Heads).F32(Key("attention.layer_norm_epsilon"), c.Epsilon);
    }

    public override int LayersOf(ModelConfig config) => ((GptConfig)config).Layers;

    public override ForeignNames Names(ModelConfig config)
    {
        var width = ((GptConfig)config).Width;
        return new("", path => path.Split('/') switch
        {
            ["tokens", "weight"] => new("token_embd.weight"),
            ["positions", "weight"] => new("position_embd.weight"),
            ["norm", var w] => new($"output_norm.{w}"),
            ["output", "weight"] => new("output.weight"),
            ["blocks", var i, "norm1", var w] => new($"blk.{i}.attn_norm.{w}"),
            ["blocks", var i, "norm2", var w] => new($"blk.{i}.ffn_norm.{w}"),
            ["blocks", var i, "attention", "query", var w] => new($"blk.{i}.attn_qkv.{w}") { Total = 3 * width },
            ["blocks", var i, "attention", "key", var w] => new($"blk.{i}.attn_qkv.{w}") { Start = width, Total = 3 * width },
            ["blocks", var i, "attention", "value", var w] => new($"blk.{i}.attn_qkv.{w}") { Start = 2 * width, Total = 3 * width },
            ["blocks", var i, "attention", "output", var w] => new($"blk.{i}.attn_output.{w}"),
            ["blocks", var i, "feed_forward", var which, var w] => new($"blk.{i}.ffn_{which}.{w}"),
            _ => null,
        })
        {
            Tied = ((GptConfig)config).Tied ? ["token_embd.weight", "output.weight"] : [],
        };
    }
}
