using System.Text.Json;
using Nonet.Checkpoints.Families;
using Nonet.Files;
using Nonet.Models;

namespace Nonet.Checkpoints;

/// <summary>Reads and writes transformers' config.json of the supported families.</summary>
static class HuggingFaceConfig
{
    public static ModelConfig Read(JsonFields json)
    {
        if (json.Has("quantization_config"))
            throw json.Wrong("quantization_config", "none: quantised Hugging Face weights are not supported");
        var (family, architecture) = CheckpointFamily.Of(json);
        return CheckpointFamily.Checked(json, family.Read(json.With(family.Aliases), architecture));
    }

    /// <param name="stream">Receives the JSON.</param>
    /// <param name="config">Configuration of the model.</param>
    /// <param name="dtype">torch's name of the type of the weights.</param>
    /// <param name="settings">Ids that begin and end a text.</param>
    public static void Write(Stream stream, ModelConfig config, string dtype, ModelSettings settings)
    {
        var family = CheckpointFamily.Of(config);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartArray("architectures");
        json.WriteStringValue(family.ArchitectureOf(config));
        json.WriteEndArray();
        json.WriteString("model_type", family.ModelType);
        family.Write(json, config);
        settings.WriteIds(json, family.WritesPadding);
        json.WriteString("torch_dtype", dtype);
        json.WriteEndObject();
    }
}
