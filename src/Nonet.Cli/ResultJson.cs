using System.Text.Json;
using Nonet.Recipes;
using Nonet.Recipes.Runs;

namespace Nonet.Cli;

/// <summary>Writes the result of a training run for --json.</summary>
static class ResultJson
{
    public static void Write(TextWriter output, TrainingResult result) => JsonLine.Write(output, fields =>
    {
        fields.WriteNumber("steps", result.Step);
        fields.WriteBoolean("interrupted", result.Interrupted);
        fields.WriteNumber("params", result.Parameters);
        fields.WriteNumber("tokens", result.Tokens);
        fields.WriteNumber("training_s", Math.Round(result.Training.TotalSeconds, 3));
        fields.WriteNumber("data_s", Math.Round(result.ReadingData.TotalSeconds, 3));
        fields.WriteNumber("logging_s", Math.Round(result.Logging.TotalSeconds, 3));
        if (result.Flops is { } flops)
            fields.WriteNumber("flops", flops);
        if (result.HeldOut is { } heldOut)
        {
            WriteScores(fields, heldOut);
        }
        fields.WriteString("run", result.Folder);
        fields.WriteString("checkpoint", result.Checkpoint);
        if (result.Averaged is { } averaged)
            fields.WriteString("averaged", averaged);
    });

    /// <summary>The loss under its unit, and each score under its name; null if it is not defined.</summary>
    public static void WriteScores(Utf8JsonWriter fields, Evaluated measured)
    {
        fields.WriteNumber($"validation_{LossUnit.Field(measured.Unit)}", measured.Loss);
        if (measured.BitsPerByte is { } bits)
            fields.WriteNumber("validation_bits_per_byte", bits);
        foreach (var score in measured.Scores)
        {
            if (double.IsFinite(score.Value))
                fields.WriteNumber($"validation_{score.Name}", score.Value);
            else
                fields.WriteNull($"validation_{score.Name}");
        }
    }
}
