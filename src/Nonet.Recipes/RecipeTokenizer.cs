using System.Text.Json;
using System.Text.Json.Serialization;
using Nonet.Text;

namespace Nonet.Recipes;

/// <summary>What turns text into ids: bytes, unless one of these is given.</summary>
[JsonConverter(typeof(Converter))]
public sealed record RecipeTokenizer
{
    internal const string Bytes = "bytes";

    /// <summary>A folder with tokenizer.json.</summary>
    public string? Folder { get; init; }

    /// <summary>One that the run trains on its training text first.</summary>
    public TokenizerTrainerOptions? Train { get; init; }

    /// <summary>Number of ids; of one that is yet to be trained, the most it can have.</summary>
    internal int Vocab => Train?.Vocab ?? (Folder is { } folder ? Tokenizer.Load(folder) : new ByteTokenizer()).Vocab;

    /// <summary>Opens the tokenizer of a run, or trains it.</summary>
    /// <param name="from">The checkpoint that the run starts from, whose tokenizer goes before; null: none.</param>
    /// <param name="own">Where the run keeps one that it trained.</param>
    /// <param name="resume">Whether one that lies there is this run's.</param>
    /// <param name="train">Trains one and saves it there.</param>
    internal Tokenizer Open(string? from, string own, bool resume, Func<TokenizerTrainerOptions, Tokenizer> train) =>
        from is not null ? Tokenizer.Load(Checkpoints.ModelPath.Resolve(from))
        : Folder is not null ? Tokenizer.Load(Folder)
        : Train is null ? new ByteTokenizer()
        : resume && Tokenizer.IsIn(own) ? Tokenizer.Load(own)
        : train(Train);

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first option of one to train that makes no sense.</summary>
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

    /// <summary>In JSON a text ("bytes", or the folder), or the options of one to train.</summary>
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
