using System.Text.Json;
using System.Text.Json.Serialization;
using Nonet.Text;

namespace Nonet.Recipes;

/// <summary>Tokenizer of a recipe: a folder, one to train, or bytes if neither is set.</summary>
[JsonConverter(typeof(Converter))]
public sealed record RecipeTokenizer
{
    internal const string Bytes = "bytes";

    /// <summary>Folder with a tokenizer.json.</summary>
    public string? Folder { get; init; }

    /// <summary>Options of a tokenizer that the run first trains on its training text.</summary>
    public TokenizerTrainerOptions? Train { get; init; }

    /// <summary>Number of ids; for a tokenizer to be trained, the largest possible number.</summary>
    internal int Vocab => Train?.Vocab ?? (Folder is { } folder ? Tokenizer.Load(folder) : new ByteTokenizer()).Vocab;

    /// <summary>Opens the tokenizer of a run, or trains it.</summary>
    /// <param name="from">Checkpoint that the run starts from, whose tokenizer takes precedence; null: none.</param>
    /// <param name="own">Folder of the tokenizer that the run trains.</param>
    /// <param name="resume">Whether a tokenizer in that folder belongs to this run.</param>
    /// <param name="train">Trains a tokenizer and saves it there.</param>
    internal Tokenizer Open(string? from, string own, bool resume, Func<TokenizerTrainerOptions, Tokenizer> train) =>
        from is not null ? Tokenizer.Load(Checkpoints.ModelPath.Resolve(from))
        : Folder is not null ? Tokenizer.Load(Folder)
        : Train is null ? new ByteTokenizer()
        : resume && Tokenizer.IsIn(own) ? Tokenizer.Load(own)
        : train(Train);

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first invalid option of a tokenizer to train.</summary>
    internal void Check()
    {
        try
        {
            Train?.Check();
        }
        catch (ArgumentException e) // its message begins with the name of the option
        {
            throw new ArgumentException($"tokenizer.{e.Message}", e);
        }
    }

    /// <summary>In JSON: a string ("bytes" or the folder), or the options of a tokenizer to train.</summary>
    internal sealed class Converter : JsonConverter<RecipeTokenizer>
    {
        public override RecipeTokenizer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
                return new RecipeTokenizer { Train = JsonSerializer.Deserialize(ref reader, RecipeJson.TypeOf<TokenizerTrainerOptions>()) };
            return reader.GetString() is { } text && text != Bytes ? new RecipeTokenizer { Folder = text } : new RecipeTokenizer();
        }

        public override void Write(Utf8JsonWriter writer, RecipeTokenizer value, JsonSerializerOptions options)
        {
            if (value.Train is { } train)
                JsonSerializer.Serialize(writer, train, RecipeJson.TypeOf<TokenizerTrainerOptions>());
            else
                writer.WriteStringValue(value.Folder ?? Bytes);
        }
    }
}
