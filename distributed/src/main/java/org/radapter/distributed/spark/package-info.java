/** Work spread over the executors of an Apache Spark cluster. */
@NullMarked
package org.radapter.distributed.spark;

import org.jspecify.annotations.NullMarked;
