using Nonet.Recipes;

namespace Nonet.Cli;

/// <summary>What a training run came to, as --json prints it.</summary>
static class ResultJson
{
    public static void Write(TextWriter output, PretrainResult result) => JsonLine.Write(output, fields =>
    {
        fields.WriteNumber("steps", result.Step);
        fields.WriteBoolean("interrupted", result.Interrupted);
        fields.WriteNumber("params", result.Parameters);
        fields.WriteNumber("tokens", result.Tokens);
        fields.WriteNumber("training_s", Math.Round(result.Training.TotalSeconds, 3));
        fields.WriteNumber("data_s", Math.Round(result.ReadingData.TotalSeconds, 3));
        fields.WriteNumber("logging_s", Math.Round(result.Logging.TotalSeconds, 3));
        fields.WriteNumber("flops", result.Flops);
        if (result is { NatsPerToken: { } nats, BitsPerByte: { } bits })
        {
            fields.WriteNumber("validation_nats_per_token", nats);
            fields.WriteNumber("validation_bits_per_byte", bits);
        }
        fields.WriteString("run", result.Folder);
        fields.WriteString("checkpoint", result.Checkpoint);
    });
}
