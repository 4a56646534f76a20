using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Training;

namespace Nonet.Tests.Models;

public class ParameterRoleTests
{
    static readonly BertConfig Bert = new() { Vocab = 31, Context = 16, Layers = 2, Width = 8, Heads = 2, Hidden = 12, Head = ModelHead.PreTraining };
    static readonly T5Config T5 = new() { Vocab = 31, EncoderLayers = 1, DecoderLayers = 1, Width = 8, Heads = 2, HeadWidth = 4, Hidden = 12, Tied = false };
    static readonly TransformerConfig Translator =
        new() { Vocab = 31, Width = 8, Tied = false, SharedTable = false, SourceVocab = 29, Positions = PositionKind.Learned };

    static ParameterStore Declared(ModelConfig config)
    {
        var store = new ParameterStore(TinyModels.Cpu);
        config.Create(store.Root);
        return store;
    }

    static string Of(ModelConfig config, params ParameterRole[] roles) =>
        string.Join(' ', Declared(config).Parameters.Where(p => roles.Contains(p.Role)).Select(p => p.Path.Replace("/weight", "", StringComparison.Ordinal)));

    [Fact]
    public void Tables_positions_and_heads_are_what_a_model_declares_them_to_be()
    {
        Assert.Equal("positions tokens", Of(TinyModels.GptConfig, ParameterRole.Position, ParameterRole.Embedding));
        Assert.Equal("output tokens", Of(TinyModels.LlamaConfig, ParameterRole.Head, ParameterRole.Embedding));
        Assert.Equal("output/bias output", Of(TinyModels.Config("gptj"), ParameterRole.Head, ParameterRole.HeadBias));
        Assert.Equal("masked/output/bias next_sentence/bias next_sentence", Of(Bert, ParameterRole.Head, ParameterRole.HeadBias));
        Assert.Equal("positions segments tokens", Of(Bert, ParameterRole.Position, ParameterRole.Embedding));
        Assert.Equal("decoder/distances encoder/distances output tokens", Of(T5, ParameterRole.Position, ParameterRole.Embedding, ParameterRole.Head));
        Assert.Equal("decoder/positions encoder/positions output/bias output sources tokens",
            Of(Translator, ParameterRole.Position, ParameterRole.Embedding, ParameterRole.Head, ParameterRole.HeadBias));
        Assert.Equal("classifier/output/bias classifier/output",
            Of(new RobertaConfig
            {
                Vocab = 31,
                Context = 16,
                Layers = 1,
                Width = 8,
                Heads = 2,
                Hidden = 12,
                Head = ModelHead.SequenceClassification,
                Labels = ["a", "b"]
            },
            ParameterRole.Head, ParameterRole.HeadBias));
    }

    [Fact]
    public void The_role_agrees_with_the_shape()
    {
        ModelConfig[] configs = [.. TinyModels.Families.Select(TinyModels.Config), Bert, T5, Translator];
        foreach (var p in configs.SelectMany(c => Declared(c).Parameters))
            Assert.True(p.Role is ParameterRole.Norm or ParameterRole.Bias or ParameterRole.HeadBias == (p.Shape.Rank == 1), $"{p} is declared as {p.Role}");
    }

    [Fact]
    public void N_leaves_out_all_tables_and_heads()
    {
        var bert = Bert;
        // embedding norm, pooler, masked transform and its norm
        const int Block = 4 * (8 * 8 + 8) + 2 * 8 * 12 + 12 + 8 + 4 * 8, Rest = 2 * 8 + (8 * 8 + 8) + (8 * 8 + 8) + 2 * 8;
        Assert.Equal(2 * Block + Rest, bert.Create(new ParameterStore(TinyModels.Cpu).Root).NonEmbeddingCount());
    }

    [Fact]
    public void Muon_takes_every_matrix_inside_the_network_and_nothing_else()
    {
        var matrices = Declared(Bert).Parameters.Where(Muon.IsHidden).Select(p => p.Path).ToArray();
        Assert.Equal(2 * 6 + 2, matrices.Length);
        Assert.Contains("pooler/weight", matrices);
        Assert.Contains("masked/transform/weight", matrices);
        Assert.DoesNotContain(Declared(T5).Parameters.Where(Muon.IsHidden), p => p.Path.Contains("distances", StringComparison.Ordinal));
    }
}
