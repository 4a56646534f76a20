using System.Globalization;
using System.Text.Json;
using Nonet.Inference.Encoders;

namespace Nonet.Cli;

/// <summary>Writes the entities of texts, for classify and tag.</summary>
static class EntityText
{
    /// <summary>Writes one line per text: score, label, range of characters and text of each entity.</summary>
    public static void Show(TextWriter output, IReadOnlyList<Entity> entities, bool asJson)
    {
        if (asJson)
            JsonLine.Write(output, fields => Write(fields, entities));
        else
            output.WriteLine(string.Join('\t',
                entities.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Score:0.0000} {e.Label} {e.Start}-{e.End} {e.Text}"))));
    }

    public static void Write(Utf8JsonWriter fields, IReadOnlyList<Entity> entities)
    {
        fields.WriteStartArray("entities");
        foreach (var entity in entities)
        {
            fields.WriteStartObject();
            fields.WriteString("label", entity.Label);
            fields.WriteNumber("start", entity.Start);
            fields.WriteNumber("end", entity.End);
            fields.WriteString("text", entity.Text);
            fields.WriteNumber("score", entity.Score);
            fields.WriteEndObject();
        }
        fields.WriteEndArray();
    }
}
