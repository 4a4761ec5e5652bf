package org.radapter.adapter;

/**
 * Where an adapter sits: after the output projection of the attention or of the MLP of one layer of one tower.
 *
 * @param tower which tower
 * @param layer from 0
 * @param position which of the two projections
 * @param width width d of the tower
 */
public record AdapterSite(Tower tower, int layer, Position position, long width) {
    /** The two towers of CLIP. */
    public enum Tower {
        /** Images. */
        VISUAL("visual"),
        /** Text. */
        TEXT("text");

        private final String label;

        Tower(String label) {
            this.label = label;
        }

        /** Name in files. */
        public String label() {
            return label;
        }
    }

    /** The two places in a block. */
    public enum Position {
        /** After the attention's output projection. */
        ATTENTION("attn"),
        /** After the MLP's second projection. */
        MLP("mlp");

        private final String label;

        Position(String label) {
            this.label = label;
        }

        /** Name in files. */
        public String label() {
            return label;
        }
    }

    /** Name in files, such as {@code visual.11.mlp}. */
    public String name() {
        return tower.label() + "." + layer + "." + position.label();
    }
}
