namespace Nonet.Data.Parquet;

/// <summary>A column of the schema that holds values.</summary>
/// <param name="Path">Name of the column; inside groups or lists, all names joined by dots.</param>
/// <param name="Index">Number among the columns that hold values.</param>
/// <param name="Values">Kind of its values.</param>
/// <param name="IsFlat">Whether it is outside groups and lists.</param>
/// <param name="Definition">Number of optional and repeated fields on the path to a value, including its own.</param>
/// <param name="Repetition">Number of repeated fields on the path to a value, including its own.</param>
/// <param name="Type">Name of its type, for messages.</param>
sealed record ParquetColumn(string Path, int Index, ParquetValues Values, bool IsFlat, int Definition, int Repetition, string Type)
{
    public bool IsText => IsFlat && Values == ParquetValues.Text;
    public bool IsNumber => IsFlat && Values is not (ParquetValues.Text or ParquetValues.Bool or ParquetValues.Other);

    /// <summary>Description for messages.</summary>
    public string Kind => IsFlat ? Type : $"lists or groups of {Type}";
}

/// <summary>Kinds of values that can be read: text, truth values, and numbers by width.</summary>
enum ParquetValues { Other, Text, Bool, Int32, Int64, UInt32, UInt64, Single, Double }

/// <summary>How often a field of the schema occurs in its parent.</summary>
enum ParquetOccurrence { Required, Optional, Repeated }

/// <summary>Meaning of a group of the schema.</summary>
enum ParquetGroup { Struct, List, Map }

/// <summary>A field of the schema: a column, or a group of fields.</summary>
/// <param name="Name">Its name in its group.</param>
/// <param name="Occurrence">How often it occurs.</param>
/// <param name="Group">Meaning of a group.</param>
/// <param name="Definition">Definition level from which on the field is present.</param>
/// <param name="Repetition">Repetition level of its own list, or of the list around it.</param>
/// <param name="Column">The column; null for a group.</param>
/// <param name="Children">Fields of a group.</param>
sealed record ParquetNode(string Name, ParquetOccurrence Occurrence, ParquetGroup Group, int Definition, int Repetition, ParquetColumn? Column,
    IReadOnlyList<ParquetNode> Children)
{
    /// <summary>The same node without columns of unsupported types; null if none is left.</summary>
    public ParquetNode? Readable()
    {
        if (Column is not null)
            return Column.Values == ParquetValues.Other ? null : this;
        ParquetNode[] children = [.. Children.Select(c => c.Readable()).OfType<ParquetNode>()];
        return children.Length > 0 ? this with { Children = children } : null;
    }
}
