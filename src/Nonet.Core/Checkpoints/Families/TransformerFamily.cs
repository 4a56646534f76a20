using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;

namespace Nonet.Checkpoints.Families;

/// <summary>
/// The Transformer of 2017 with settings that Marian lacks, such as pre-norm. It has Marian's fields and tensors, and more. Only Nonet opens it.
/// </summary>
sealed class TransformerFamily : MarianFamily
{
    [ModuleInitializer]
    internal static new void Register() => Register(new TransformerFamily());

    public override string ModelType => "nonet_transformer";
    public override IReadOnlyList<string> Architectures => ["NonetTransformer"];

    public override ModelConfig Read(JsonFields json, string architecture) => (TransformerConfig)base.Read(json, architecture) with
    {
        Norm = Choice<NormPlacement>(json, "norm"),
        Positions = Choice<PositionKind>(json, "positions"),
        KeyWidth = json.Has("key_width") ? json.Positive("key_width") : null,
        Causal = json.Flag("causal", true),
        Epsilon = (float)json.Number("layer_norm_eps", 1e-5, 0, 1),
    };

    public override void Write(Utf8JsonWriter json, ModelConfig config)
    {
        base.Write(json, config);
        var c = (TransformerConfig)config;
        json.WriteString("norm", c.Norm.ToString().ToLowerInvariant());
        json.WriteString("positions", c.Positions.ToString().ToLowerInvariant());
        if (c.KeyWidth is { } width)
            json.WriteNumber("key_width", width);
        json.WriteBoolean("causal", c.Causal);
        json.WriteReal("layer_norm_eps", c.Epsilon);
    }

    static T Choice<T>(JsonFields json, string field) where T : struct, Enum =>
        Enum.TryParse<T>(json.Text(field), ignoreCase: true, out var value) && Enum.IsDefined(value) ? value
            : throw json.Wrong(field, string.Join(" or ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant())));
}
